/* Profiles: where one receiver differs from another, as data. */
#include "judge_int.h"

/* clang-format off */
static const struct profile profiles[] = {
    /*                            PAWS: back, reordered; needs it; trims; FIN; RST around */
    [TCPCONN_PROFILE_LINUX]   = { 1, 240, false, false, true,  true  },
    [TCPCONN_PROFILE_RFC9293] = { 0, 0,   true,  true,  false, false },
};
/* clang-format on */

/* The receiver's. */
const struct profile *tcpsegp_profile(const struct step *s)
{
    return &profiles[s->env->cfg.profile[!s->dir]];
}
