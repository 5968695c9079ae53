/* A connection from the inside. */
#ifndef TCPSEG_LIB_CONN_INT_H
#define TCPSEG_LIB_CONN_INT_H

#include <tcpseg/stream.h>
#include <tcpseg/summary.h>

#include <stdbool.h>

/* The C library functions of bytes.h are declared there; the tracker reads no
 * bytes, so it does not include it. */
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int byte, size_t len);

enum {
    LAYOUT = 3, /* moves when struct tcpconn or struct conn_stats does */
    CONN_MAGIC = 0x6e6f6300 | LAYOUT, /* "con" in memory on most hosts */
    ENV_MAGIC = 0x766e6500 | LAYOUT,
    N_STATES = TCPCONN_TIME_WAIT + 1
};

/* The events that drive an endpoint: RFC 9293 section 3.3.2, Figure 5. */
enum {
    SND_SYN,
    RCV_SYN,
    RCV_SYN_ACK,
    RCV_ACK_OF_SYN,
    SND_FIN,
    RCV_ACK_OF_FIN,
    RCV_FIN,
    TIMEOUT_2MSL,
    N_EVENTS
};

/* What is stored of an endpoint besides numbers: endpoint.flags. */
enum {
    EP_NUMBERS = 0x01,   /* iss and snd_nxt mean something */
    EP_HEARD = 0x02,     /* it was seen sending */
    EP_SYN = 0x04,       /* its SYN was seen, or is implied by what it sent */
    EP_SYN_ACK = 0x08,   /* that SYN came with an ACK */
    EP_ACKED = 0x10,     /* rcv_ack means something */
    EP_FIN = 0x20,       /* it has sent a FIN, numbered fin_seq */
    EP_FIN_AHEAD = 0x40, /* a FIN out of order, numbered fin_seq: a candidate */
    EP_CROSSED = 0x80,   /* its FIN was acknowledged after the peer's FIN was on
                            the wire, which it had not acknowledged then */
    EP_FIN_AGAIN = 0x100, /* and the peer's FIN was sent again since */
    EP_WINDOW =
        0x200, /* rcv_edge is a sequence number: it has offered a window */
    EP_SURE = 0x400,    /* the traffic proves its state */
    EP_TS = 0x800,      /* ts_recent means something */
    EP_PROVEN = 0x1000, /* its numbers are proven */
    EP_ONCE = 0x2000,   /* not yet, but its peer has acknowledged some once */
    EP_CHALLENGED =
        0x4000, /* it was sent something that it must answer with an ACK */
    EP_PENDING = 0x8000 /* it has sent something whose verdict is provisional */
};

/* One endpoint, as the wire shows it. An observer's numbers lag or lead those
 * inside the host: snd_nxt is what it was *seen* to send, rcv_nxt what it can
 * have received in order, rcv_ack what it has said it received. SND.UNA is the
 * peer's rcv_ack. This is what an in-order segment touches. */
struct endpoint {
    uint32_t snd_nxt;   /* the number after the last one sent */
    uint32_t rcv_nxt;   /* the number after the last one it can have in order */
    uint32_t rcv_ack;   /* the highest ACK it has sent */
    uint32_t rcv_edge;  /* the right edge of the window it has offered, at its
                           furthest; before EP_WINDOW, the window alone */
    uint32_t ts_recent; /* TS.Recent: the latest TSval it has received */
    uint16_t flags;     /* EP_ */
    uint8_t state;      /* TCPCONN_ */
    uint8_t scale;      /* its window scale: at most << 4 | at least */
};

/* A SYN that may become the connection's. */
struct syn {
    uint32_t iss;
    uint16_t mss;
    uint16_t offered; /* TCPCONN_OFFER_ << 4 | window scale */
};

/* details.flags */
enum {
    EP_NEXT_SYN = 1,  /* next_syn is one */
    EP_RST_DOUBT = 2, /* it has sent an RST that was refused */
    EP_RST_SENT = 4,  /* it has sent the RST that ended the connection */
    EP_AE = 8,        /* the ECN flags of its SYN */
    EP_CWR = 16,
    EP_ECE = 32,
    EP_SYN_TEXT = 64,    /* its SYN carried data */
    EP_FAST_OPEN = 128,  /* which was acknowledged with the SYN */
    EP_DRIFT = 256,      /* far away, at far_seq, the two ends agreed once */
    EP_FIN_DOUBT = 2048, /* with EP_FIN_AHEAD: its receiver may not have it,
                            so only its ACK counts */
    EP_FAR = 1024, /* far from its SYN, it has sent a segment up to far_seq */
    EP_FIN_TOLD = 4096, /* its number was told as one of missing bytes */
    EP_BEHIND = 512 /* it seems that its peer has no more than it acknowledged:
                           what follows was sent again, or its RST was refused and
                           the ACK repeated */
};

/* The rest of an endpoint. */
struct details {
    uint32_t iss; /* ISS; of a connection picked up, the first number - 1 */
    union {
        uint32_t fin_seq; /* its FIN's number */
        uint32_t far_seq; /* with EP_FAR or EP_DRIFT */
    };
    union {
        struct {
            union {
                uint32_t
                    sack_edge; /* right edge of its highest SACK block, or 0 */
                uint32_t first_iss; /* with CONN_RIVALS: of its first SYN */
            };
            uint32_t ts_time; /* when ts_recent was set, in TS_TIME units */
        };
        uint64_t time_wait; /* in TIME-WAIT: when that began or began anew */
    };
    uint32_t wraps;      /* times snd_nxt passed 2^32 */
    struct syn next_syn; /* the latest SYN that has no business here, so far */
    uint16_t mss;        /* of its SYN; 0 none */
    uint16_t offered;    /* TCPCONN_OFFER_ of its SYN */
    uint16_t digest;     /* of its latest segment, to know a copy */
    uint16_t wnd_max;    /* the largest window it offered, from its SYN,ACK on,
                            unscaled */
    uint8_t fired;       /* events that have moved it, one bit each */
    uint8_t ttl;         /* of its first segment; 0 not told */
    uint16_t flags;      /* EP_NEXT_SYN .. */
};

/* ts_time counts 2^30 ns, about a second. */
enum { TS_TIME_SHIFT = 30 };

/* What a provisional verdict is about. */
enum {
    PENDING_NONE,
    PENDING_ACK,      /* an ACK of what was not seen; end is its number */
    PENDING_AHEAD,    /* text refused because it begins beyond the window */
    PENDING_RUN,      /* the same, begun not far beyond */
    PENDING_CHECKSUM, /* text refused because its checksum is bad */
    PENDING_OVERHANG, /* text taken although it ends beyond the window */
    PENDING_DISPUTE   /* text sent after an RST in its sender's name */
};
enum { N_PENDING = 2, N_RIVALS = 2 };

/* The provisional verdicts on one direction. */
struct pending {
    uint32_t end[N_PENDING]; /* the number behind the last one */
    uint16_t len[N_PENDING]; /* at most; of a longer run, its end counts */
    uint8_t id[N_PENDING];
    uint8_t kind[N_PENDING];
};

/* tcpconn.flags */
enum {
    CONN_BEGUN = 1,        /* a segment was taken */
    CONN_PICKED = 2,       /* its beginning was not seen */
    CONN_RESET = 4,        /* an RST ended it */
    CONN_ENDED = 8,        /* tcpconn_end() was called */
    CONN_BUSY = 16,        /* its callbacks are running */
    CONN_STATS = 32,       /* TCPCONN_WITH_STATS */
    CONN_TIMED_OUT = 64,   /* a time-out ended it */
    CONN_LOSSY = 128,      /* the tap is known to miss segments */
    CONN_TS = 256,         /* timestamps are agreed on */
    CONN_RIVALS = 512,     /* rivals, not pending, are stored */
    CONN_ANALYSIS = 1024,  /* TCPCONN_WITH_ANALYSIS */
    CONN_DISPUTED = 2048,  /* the RST that ended it was told to be in doubt */
    CONN_MANY_SYNS = 4096, /* more rivals came than are stored */
    CONN_SIGNED = 8192,    /* a SYN came with a signature */
    CONN_WATCHED = 16384,  /* EP_RST_DOUBT or EP_BEHIND is set */
    CONN_STRAIGHT = 32768, /* open both ways, with nothing odd or under way */
    CONN_PARTS = CONN_STATS | CONN_ANALYSIS
};

/* The first 64 bytes are what an in-order segment needs. */
struct tcpconn {
    uint32_t magic;
    uint16_t flags;
    uint8_t last_id; /* of a provisional verdict */
    uint8_t pool;    /* id of the pool that has its queues, or 0 */
    uint64_t last;   /* time of the last segment that gained time */
    struct endpoint ep[2];
    uint64_t tag;
    struct details more[2];
    union {
        struct pending pending[2]; /* of what endpoint 0, 1 sent */
        /* While the handshake lasts: SYNs besides the first, by their sender.
         * An offered of 0xffff marks a free place. */
        struct syn rivals[2][N_RIVALS];
    };
    uint32_t queue[2]; /* of what endpoint 0, 1 sent: stream_int.h */
};

/* The counters of TCPCONN_WITH_STATS, behind struct tcpconn: stats.c. */
struct conn_stats;

struct tcpconn_env {
    uint32_t magic;
    uint32_t lost;       /* events that did not fit the ring */
    const tcpconn *busy; /* whose callbacks are running */
    uint32_t ring_first, ring_used;
    bool streams; /* somebody wants them, */
    bool changes; /* or to be told of changes of state */
    uint8_t
        ended; /* TCPCONN_END_ of the last connection that did; for the table */
    /* Who gets bytes that are in order, where nothing else is asked for: of the
     * straight path. NULL: tcpsegp_deliver() decides. */
    tcpconn_callback *straight[2];
    uint32_t most_pieces, most_blocks; /* that a direction may keep */
    uint64_t soonest; /* before so long without a segment, no time-out is due */
    tcpconn_config cfg;
};

/* A change of state, kept until the callbacks run. */
struct change {
    uint8_t endpoint, old_state, new_state, sure;
};

/* A settled verdict, kept until the callbacks run. */
struct revision {
    uint64_t checks;
    uint32_t id;
    uint8_t dir, old, verdict; /* given first, and standing now */
};

enum { MAX_CHANGES = 16, MAX_REVISIONS = 8 };

/* How a segment begins a connection: step.begin. */
enum {
    BEGIN_NOT,   /* it does not */
    BEGIN_ANEW,  /* in place of one that is over */
    BEGIN_REUSE, /* a SYN on ports whose connection is over */
    BEGIN_NEXT,  /* a SYN,ACK of the SYN kept in next_syn */
    BEGIN_HERE, /* picked up at the wrong place: again, where this segment is */
    BEGIN_THERE, /* both ends have moved on together while the tap was blind */
    BEGIN_AGAIN  /* picked up: the RST that ended it is disproved */
};

/* One call of tcpconn_feed() or tcpconn_tick(): what is known and what came of
 * it. */
struct step {
    tcpconn *conn;
    tcpconn_env *env;
    const tcpseg *seg;      /* NULL in a tick */
    struct endpoint *e, *p; /* the segment's sender and receiver, */
    struct details *d, *q;  /* and the rest of them */
    uint64_t now;
    uint64_t checks, analysis;
    int dir;
    int verdict;
    uint8_t advice;
    uint8_t begin;                /* BEGIN_ */
    uint8_t provisional;          /* PENDING_ of this segment */
    bool quiet;                   /* tcpconn_judge(): tell nobody */
    bool anew;                    /* the receiver's numbers begin again */
    bool fed;                     /* tcpconn_feed(), with `from` */
    bool thorough;                /* test by test, whatever it looks like */
    uint8_t n_changes, n_expired; /* of them, the first by time alone */
    uint8_t n_revisions;
    uint32_t
        n_told; /* events told already: an old connection's, with its end */
    uint8_t doubted; /* endpoints whose inexact RST is told again: bit mask */
    uint32_t id;     /* of a verdict that is provisional; else 0 */
    struct endpoint before[2]; /* both endpoints as the segment found them */
    const void *data;          /* the segment's bytes, or NULL */
    uint32_t from[2];          /* where either stream was, */
    uint32_t from_iss[2];      /* and what it was counted from, */
    bool from_known[2];        /* if it was known */
    struct change changes[MAX_CHANGES];
    struct revision revisions[MAX_REVISIONS];
};

/* fsm.c: the two tables. */
bool tcpsegp_fsm_event(const struct endpoint *ep, unsigned event,
                       uint8_t *next);
enum {
    OUTSIDE_PEER_SYN,       /* the peer's first SYN */
    OUTSIDE_PICK_UP,        /* the first segment seen is not a SYN */
    OUTSIDE_PICK_UP_OPENER, /* the first segment seen is the peer's SYN,ACK */
    OUTSIDE_PICK_UP_ANSWER, /* it is this endpoint's */
    OUTSIDE_ONE_SIDED,      /* it goes on though its peer was never heard */
    OUTSIDE_SILENT,         /* the peer goes on as if it had answered */
    OUTSIDE_RST,            /* a valid RST, sent or received */
    OUTSIDE_TIME,           /* nothing was heard for too long */
    OUTSIDE_ICMP,           /* nobody can be reached; told by the network */
    N_OUTSIDE
};
bool tcpsegp_fsm_outside(const struct endpoint *ep, unsigned cause,
                         uint8_t *next);

/* learn.c, event.c: take over the segment's numbers, then let the events move both
 * endpoints. */
bool tcpsegp_learn(struct step *s);
void tcpsegp_run_events(struct step *s);
void tcpsegp_move(struct step *s, int endpoint, unsigned cause, bool sure);
void tcpsegp_change(struct step *s, int endpoint, uint8_t state, bool sure);

/* verdict.c: what the receiver does with the segment. Changes only the step. */
void tcpsegp_judge(struct step *s);

/* check.c: the table of checks. */
uint8_t tcpsegp_severity(uint64_t checks, uint8_t *top);
uint64_t tcpsegp_findings(uint64_t checks);
uint32_t tcpsegp_count_findings(uint64_t checks);

/* timeout.c: what time alone does. */
void tcpsegp_expire(struct step *s);
unsigned tcpsegp_situation(const tcpconn *conn);
int tcpsegp_timeouts(uint64_t timeout[TCPCONN_N_TIMEOUTS], int set);
uint64_t tcpsegp_soonest(const uint64_t timeout[TCPCONN_N_TIMEOUTS]);

/* conn_notify.c */
void tcpsegp_begin_event(const struct step *s, tcpconn_event *ev, uint8_t type);
void tcpsegp_tell(struct step *s, const tcpconn_event *ev,
                  tcpconn_callback *callback, const void *bytes);
void tcpsegp_go_busy(struct step *s);
void tcpsegp_be_free(struct step *s);
void tcpsegp_notify_all(struct step *s);
void tcpsegp_flush(struct step *s);
void tcpsegp_tell_end(struct step *s, int why);

/* conn.c: what every call that may change a connection checks first, and how the
 * connection had ended by itself, whatever the reason to stop. */
int tcpsegp_enter(struct step *s, tcpconn *conn, tcpconn_env *env,
                  uint64_t now);
int tcpsegp_natural_end(const tcpconn *conn, int why);

/* stats.c: the optional part. Its size, and one segment counted. */
size_t tcpsegp_stats_size(void);
void tcpsegp_stats_reset(tcpconn *conn);
void tcpsegp_stats_count(struct step *s);
/* The segment of step was dropped by the caller. */
void tcpsegp_stats_drop(struct step *s);
/* An ICMP error was believed that quotes a segment of dir. */
void tcpsegp_stats_icmp(tcpconn *conn, int dir, uint32_t mtu);
/* How often a check was met in both directions, this time included; 0: no part. */
uint32_t tcpsegp_stats_met(const tcpconn *conn, unsigned check);

/* analysis.c: the other optional part, behind that. Tells the bits of
 * tcpconn_report::analysis. */
size_t tcpsegp_analysis_size(void);
void tcpsegp_analysis_reset(tcpconn *conn);
void tcpsegp_analysis_renew(tcpconn *conn);
uint64_t tcpsegp_analyse(struct step *s);

/* TCPCONN_WITH_ of the parts that it has. */
static inline uint32_t parts_of(const tcpconn *conn)
{
    return (conn->flags & CONN_STATS ? (uint32_t)TCPCONN_WITH_STATS : 0u) |
           (conn->flags & CONN_ANALYSIS ? (uint32_t)TCPCONN_WITH_ANALYSIS : 0u);
}

/* The segment that a step is about. */
static inline void set_segment(struct step *s, const tcpseg *seg, int dir)
{
    s->seg = seg;
    s->dir = dir;
    s->e = &s->conn->ep[dir];
    s->p = &s->conn->ep[!dir];
    s->d = &s->conn->more[dir];
    s->q = &s->conn->more[!dir];
}

/* What is kept to be told; of a segment, without what time alone did. */
static inline uint32_t tcpsegp_count_kept(const struct step *s)
{
    uint32_t n = s->n_revisions;

    n += s->n_changes - (s->seg ? s->n_expired : 0u);
    return n + (s->doubted & 1u) + (s->doubted >> 1);
}

/* All events of a call. Findings are counted as if all were told. */
static inline uint32_t tcpsegp_count_events(const struct step *s)
{
    uint32_t n = s->n_told + tcpsegp_count_kept(s);

    return s->checks ? n + tcpsegp_count_findings(s->checks) : n;
}

/* Tell what there is to tell. */
static inline void tcpsegp_notify(struct step *s)
{
    if ((s->n_changes && s->env->changes) || (s->fed && s->env->streams) ||
        s->checks || s->n_revisions || s->doubted)
        tcpsegp_notify_all(s);
}

static inline bool conn_valid(const tcpconn *conn)
{
    return conn->magic == CONN_MAGIC;
}

static inline bool env_valid(const tcpconn_env *env)
{
    return env->magic == ENV_MAGIC;
}

/* How many numbers an endpoint has sent behind its SYN. */
static inline uint64_t tcpsegp_sent(const tcpconn *conn, int dir)
{
    const struct details *d = &conn->more[dir];
    uint32_t first = d->iss + 1; /* where the wraps are counted from */

    return ((uint64_t)d->wraps << 32 | conn->ep[dir].snd_nxt) - first;
}

/* Whether time alone may have done something: in TIME-WAIT it is not counted from
 * the last segment. A step back does nothing. */
static inline bool may_expire(const tcpconn *conn, const tcpconn_env *env,
                              uint64_t now)
{
    return conn->ep[0].state == TCPCONN_TIME_WAIT ||
           conn->ep[1].state == TCPCONN_TIME_WAIT ||
           (now > conn->last && now - conn->last >= env->soonest);
}

/* The connection was, and is over. */
static inline bool conn_over(const tcpconn *conn)
{
    return conn->flags & CONN_BEGUN && conn->ep[0].state == TCPCONN_CLOSED &&
           conn->ep[1].state == TCPCONN_CLOSED;
}

#endif
