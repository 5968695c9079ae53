/* The memory of TCPCONN_WITH_ANALYSIS, and who works in it: wireshark.c by Wireshark's
 * rules, seen.c by what the capture proves, zeek.c by Zeek's. Each keeps its own
 * numbers; the two others ask wireshark.c for the highest one sent before a segment,
 * and for its round trip. */
#ifndef TCPSEG_LIB_ANALYSIS_INT_H
#define TCPSEG_LIB_ANALYSIS_INT_H

#include <tcpseg/analysis.h>

#include "conn_int.h"
#include "seq.h"
#include "stats_int.h"

/* ---- wireshark.c ---- */

enum { N_SENT = 16 };

/* A segment sent and not acknowledged, or several of them: then `time` is the last
 * one's. */
struct sent {
    uint64_t time;
    uint32_t seq, next; /* [seq, next), SYN and FIN counted */
};

/* shark.flags */
enum {
    SH_BASE = 1,         /* base means something, */
    SH_ACKED = 2,        /* ack and ack_time do, */
    SH_WINDOW = 4,       /* wnd does */
    SH_SCALED = 8,       /* it has sent an ACK without SYN: wnd is scaled */
    SH_LOST = 16,        /* a segment was not captured, and no ACK seen since */
    SH_GAP = 32,         /* what max_ack stands at is followed by a gap */
    SH_NORMAL = 64,      /* before that, numbers had gone on without one */
    SH_PROBE = 128,      /* its last segment was a zero window probe */
    SH_KEEP_ALIVE = 256, /* or a keep-alive */
    SH_MIXED = 512,      /* what is kept in `sent` is not in order */
    SH_SYN_DATA = 1024   /* its SYN had data */
};

/* shark.scale: or the shift, from SCALE_0 on. */
enum { SCALE_UNKNOWN, SCALE_UNUSED, SCALE_0 };

/* What Wireshark keeps of a direction. Numbers not known are 0, as there. */
struct shark {
    uint64_t next_time; /* of the segment that set next_seq */
    uint64_t ack_time;  /* of the last ACK */
    uint32_t next_seq;  /* the highest number sent + 1 */
    uint32_t ack;       /* the last ACK's */
    uint32_t max_ack;   /* the highest that its peer may acknowledge; 0: any */
    uint32_t base;
    uint32_t sacked; /* bytes that the last ACK's SACK blocks tell of */
    uint32_t push_bytes;
    uint32_t dup_num, dup_of;
    uint16_t wnd;
    uint16_t flags;  /* SH_ */
    uint16_t merged; /* bit n: sent[n] is several segments */
    uint8_t scale;
    uint8_t first, n_sent; /* of the ring `sent` */
    uint8_t pushed;        /* not 0: its last data had PSH */
    uint8_t shift;         /* of wnd as it is read */
    uint8_t reserved[5];
    struct sent sent[N_SENT];
};

/* ---- seen.c ---- */

enum { N_GAPS = 4, N_RESENT = 4 };

/* Numbers passed over, [from, to), and when the segment behind them was sent. */
struct gap {
    uint32_t from, to;
    uint32_t tsval;
    uint16_t ip_id;   /* 0: not told */
    uint16_t stamped; /* tsval is one */
};

/* seen.last */
enum {
    LAST_KEEP_ALIVE = 1, /* its last segment was one */
    LAST_PROBE = 2,      /* or a window probe */
    LAST_WINDOW = 4,     /* wnd means something */
    LAST_SHUT = 8,       /* and was 0 */
    LAST_SACK = 16,      /* sack_edge means something */
    LAST_ACKED = 32      /* and acked does */
};

struct seen {
    struct gap gaps[N_GAPS];
    struct range {
        uint32_t from, to;
    } resent[N_RESENT]; /* the latest; from == to: none */
    uint32_t sack_edge; /* right edge of its highest SACK block */
    uint32_t acked;     /* its highest ACK */
    uint16_t wnd;
    uint16_t dup_acks; /* in a row */
    uint8_t n_gaps, next_resent, last;
    uint8_t reserved[1];
};

/* ---- zeek.c ---- */

enum { Z_SYN, Z_SYN_ACK, Z_FIN, Z_RST, N_NUMBERED };
enum { Z_CHECKSUM, Z_GAP, Z_AGAIN, Z_WINDOW, N_COUNTED };
enum { Z_DATA = 1, Z_ACK = 2, Z_FIN_RST = 4, Z_SYN_AND = 8 };

struct zeek {
    uint32_t number[N_NUMBERED]; /* of the last of its kind */
    uint32_t acked; /* up to here, gaps in what it was sent are told */
    uint16_t count[N_COUNTED];
    uint8_t known; /* bit n: number[n] means something; above, acked does */
    uint8_t once;  /* Z_ACK ..: letters that were told */
    uint8_t state;
    uint8_t reserved[1];
};

/* ---- all ---- */

struct conn_analysis {
    struct shark shark[2];
    struct seen seen[2];
    struct zeek zeek[2];
    uint64_t syn_time;    /* of the latest SYN without ACK, */
    int64_t initial_rtt;  /* 0: not known */
    uint64_t flags;       /* of the segment fed last */
    int64_t ack_rtt, rto; /* 0: none */
    uint32_t segment;     /* its number */
    uint32_t data; /* its bytes, if how many are in flight is known; else 0 */
    uint8_t dir;
    uint8_t marks;        /* MARK_ */
    uint8_t completeness; /* TCPCONN_COMPLETE_ */
    uint8_t talk;         /* TALK_ */
    uint8_t calm;         /* CALM_ of either direction */
    uint8_t opener;       /* to Zeek: 0 or 1 */
    uint8_t n_history;
    char history[32];
    uint8_t reserved[1];
};

/* conn_analysis.marks: SYN or FIN, and SYN */
enum { MARK_NUMBER = 1, MARK_SYN = 2 };

/* conn_analysis.calm: what may come of endpoint 0; shifted by two, of endpoint 1 */
enum { CALM_DATA = 1, CALM_ACK = 2 };

/* conn_analysis.talk: Wireshark's conversation */
enum {
    TALK_BEGUN = 1, /* a segment was seen */
    TALK_SYN = 2,   /* syn_time means something */
    TALK_OVER = 4   /* a FIN or an RST was seen */
};

/* Behind the counters, if there are any. */
static inline struct conn_analysis *analysis_behind(tcpconn *conn, bool stats)
{
    return (struct conn_analysis *)((struct conn_stats *)(conn + 1) + stats);
}

static inline struct conn_analysis *tcpsegp_analysis(tcpconn *conn)
{
    return analysis_behind(conn, conn->flags & CONN_STATS);
}

static inline const struct conn_analysis *
tcpsegp_const_analysis(const tcpconn *conn)
{
    return tcpsegp_analysis((tcpconn *)(uintptr_t)conn);
}

static inline uint64_t flag_of(unsigned bit)
{
    return UINT64_C(1) << bit;
}

/* Its rcv_edge is one, and not only at most. */
static inline bool has_known_scale(const struct endpoint *e)
{
    return e->flags & EP_WINDOW && (e->scale & 15u) == e->scale >> 4;
}

/* What has to be done about each segment, in this order. */
void tcpsegp_zeek(struct conn_analysis *a, int dir, const tcpseg *seg);
uint32_t tcpsegp_wireshark(struct conn_analysis *a, int dir, const tcpseg *seg,
                           uint64_t now);
uint64_t tcpsegp_seen(struct conn_analysis *a, const struct step *s);
/* The same for a segment of the straight path, which has moved the connection's
 * numbers already. */
uint64_t tcpsegp_seen_straight(struct conn_analysis *a, const tcpconn *conn,
                               int dir, const tcpseg *seg);
/* Whether nothing is under way that more of the usual could change. */
bool tcpsegp_seen_calm(const struct conn_analysis *a, const tcpconn *conn);
uint8_t tcpsegp_zeek_calm(const struct conn_analysis *a);
bool tcpsegp_wireshark_calm(const struct conn_analysis *a, const tcpconn *conn);

/* analysis.c: all of it for a segment of the straight path. */
uint64_t tcpsegp_analyse_again(struct conn_analysis *a, const tcpconn *conn,
                               int dir, const tcpseg *seg, uint64_t now);

/* What is derived when it is asked for. */
uint32_t tcpsegp_bytes_in_flight(const struct conn_analysis *a);
uint32_t tcpsegp_window(const struct conn_analysis *a);
uint8_t tcpsegp_zeek_state(const struct conn_analysis *a);

#endif
