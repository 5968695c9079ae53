/* Changes of state: made at once, told at the end of the call. */
#include "conn_int.h"

void tcpsegp_change(struct step *s, int endpoint, uint8_t state, bool sure)
{
    struct endpoint *e = &s->conn->ep[endpoint];

    /* Sixteen are more than the two tables can make of one segment. */
    if (s->n_changes < MAX_CHANGES) {
        struct change *c = &s->changes[s->n_changes++];

        c->endpoint = (uint8_t)endpoint;
        c->old_state = e->state;
        c->new_state = state;
        c->sure = sure;
    }
    e->state = state;
    e->flags &= (uint16_t)~EP_SURE;
    if (sure)
        e->flags |= EP_SURE;
    if (state == TCPCONN_TIME_WAIT)
        e->time_wait = s->now;
}

/* Run the callbacks. The state is final: what they read is what they are told,
 * and what they call cannot change it. */
void tcpsegp_notify(struct step *s)
{
    tcpconn_event ev;

    if (!s->n_changes || !s->env->cfg.on_state)
        return;
    memset(&ev, 0, sizeof ev);
    ev.now = s->now;
    ev.type = TCPCONN_EV_STATE;
    ev.tag = s->conn->tag;
    s->env->busy = s->conn;
    s->conn->flags |= CONN_BUSY;
    for (uint8_t i = 0; i < s->n_changes; i++) {
        if (s->seg && i == s->n_expired) { /* from here on the segment's */
            ev.dir = (uint8_t)s->dir;
            ev.seq = s->seg->seq;
            ev.checks = s->checks;
        }
        ev.endpoint = s->changes[i].endpoint;
        ev.old_state = s->changes[i].old_state;
        ev.new_state = s->changes[i].new_state;
        ev.sure = s->changes[i].sure;
        s->env->cfg.on_state(s->env->cfg.user, s->conn, &ev, NULL);
    }
    s->conn->flags &= (uint16_t)~CONN_BUSY;
    s->env->busy = NULL;
}
