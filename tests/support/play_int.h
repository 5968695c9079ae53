/* What the player's files share. */
#ifndef TESTS_SUPPORT_PLAY_INT_H
#define TESTS_SUPPORT_PLAY_INT_H

#include "play.h"

enum { MAX_TEXT = 768, MAX_LABELS = 24, MEMORY = 4096 };

struct player {
    const struct play_as *as;
    _Alignas(8) unsigned char mem[2][MEMORY];
    tcpconn_env_storage env_mem;
    tcpconn_config cfg;
    tcpconn *conn;
    tcpconn_env *env;
    uint64_t now, last; /* of the last segment */
    char events[MAX_TEXT];
    struct {
        char name[8];
        uint32_t id;
    } labels[MAX_LABELS];
    int n_labels;
    int show_findings;
};

/* NULL, or what is wrong. */
const char *play_complain(const char *what, const char *want, const char *got);

/* play_words.c: `summary` and `stats` lines; what stands in front is cut off. */
const char *play_summary(const struct player *p, char *text);
const char *play_stats(const struct player *p, char *text);

/* Append to a text of MAX_TEXT bytes. */
void play_append(char *to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The names of checks, each with a blank before it. */
void play_checks(char *to, uint64_t checks);

#endif
