/* Writes the seeds of fuzz_conn: usage: conn DIRECTORY
 *
 * Each is a connection's life, a call for each sentence: who sends, or what is
 * called; the flags; and what is not usual, each a letter and a number. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn_input.h"

/* A segment: "A" or "B", then flags, "." for ACK. Its numbers are those expected next;
 * q and k move SEG.SEQ and SEG.ACK, Q and K count them from the ISS. l: length,
 * w: window, t: time step, v: TSval, o: options of a SYN, s: SACK, i: the same IP ID,
 * T: another TTL, x: CONN_OP_. */
static const struct seed {
    const char *name;
    unsigned policy, iss_a, iss_b;
    const char *calls;
} seeds[] = {
    {"four-way-close", 0, 0, 0,
     "A S o7; B S. o7; A .; A P. l100; B .; B P. l50; A .; A F.; B .; B F.; A "
     ".; "
     "tick t12"},
    {"wrapped-and-counted", CONN_POLICY_STATS, 0x08, 0x7f,
     "A S o2 v0; B S. o2 v0; A . v0; A P. l60 v1 t5; B . v1 t5; B P. l199 v1; "
     "A . v1; B F. v1; A . v1; A F. v1; B . v1; tick t13"},
    {"three-way-close", 0, 0x10, 0x20,
     "A S; B S.; A .; A F.; B F.; A .; tick t12; A S q9"},
    {"simultaneous-open-and-close", 0, 0xf1, 0x71,
     "A S; B S k0; A S. q-1; B S. q-1; A P. l9; B P. l9; A F.; B F. k-1; A .; "
     "B .; "
     "tick t12"},
    {"split-handshake", 0, 0, 0,
     "A S; B . k0; B S; A S. q-1; B .; B P. l5; A ."},
    {"half-close", CONN_POLICY_STATS, 0, 0,
     "A S; B S.; A .; A F.; B .; B P. l90; A .; B P. l90; A .; B F.; A ."},
    {"reset", 0, 0, 0, "A S; B S.; A .; B P. l10; A R; B P. l10; A . k0; A S"},
    {"reset-inexact", CONN_POLICY_STATS, 0, 0,
     "A S; B S. w40; A . w40; A R q9; B .; A R q120; tick t15; tick t15"},
    {"refused", 0, 0, 0, "A S; B R. k0; A S q0 t9"},
    {"unreachable", 0, 0, 0, "A S; A x5 q-1 l3 w1; A S q5"},
    {"repeated-and-lost", CONN_POLICY_STATS, 0, 0,
     "A S; A S q-1 t9; B S.; B S. q-1; A .; A P. q20 l20; A P. q-40 l20; B . "
     "s; "
     "B .; A F. q5; B F.; A ."},
    {"syn-differs", 0, 0, 0, "A S; A S q50; A S q90; B S. K51; A . Q51"},
    {"syn-ack-differs", 0, 0, 0, "A S; B S.; B S. q40; A . K41; A P. l3"},
    {"reuse-of-the-pair", 0, 0, 0,
     "A S; B S.; A .; A S q70; B S. K71 q30; A . Q71 K31; A P. l4"},
    {"time-wait-reuse", 0, 0, 0,
     "A S v0; B S. v0; A . v0; A F. v0; B F. v0; A . v0; B S q-1 v0; "
     "B S q30 v3 t9; A S. v3"},
    {"picked-up", CONN_POLICY_STATS, 0x40, 0x90,
     "A P. l50; B P. l60; A .; B .; A P. q100 l9; B P. q-80 l9; A F.; B F.; A "
     "."},
    {"picked-up-refused", CONN_POLICY_FROM_SYN, 0, 0,
     "A .; B .; A S; B S.; A ."},
    {"one-sided", 0, 0, 0, "A S; A . k9; A P. l40; A . k90; A F.; A . k5"},
    {"window-overhang", 0, 0, 0,
     "A S; B S. w1; A . w1; A P. l190 x0; A P. l202 q100; B .; B . k-90; "
     "A P. q120 l1; B . w0; A P. l1; A F."},
    {"window-overhang-trimmed", CONN_POLICY_RFC9293, 0, 0,
     "A S; B S. w1; A . w1; A P. l210; B .; A P. l1; B . w0; A P. l1; A F."},
    {"paws", 0, 0, 0,
     "A S v0; B S. v0; A . v0; A P. l9 v7 t6; A P. l9 v-8; A P. l9; B . v0; "
     "A . v-3"},
    {"ack-unsent", 0, 0, 0,
     "A S; B S.; A .; B . k100; A P. q100 l10; B .; B . k70; A P. l1; B P. l1"},
    {"ack-unsent-inline", CONN_POLICY_INLINE, 0, 0,
     "A S; B S.; A .; B . k100; A P. l10; B . k-127; B ."},
    {"captured-twice", CONN_POLICY_STATS, 0, 0,
     "A S i; A S q-1 i; B S. i; B S. q-1 i; A . i; A . i; A P. l9 i T"},
    {"odd-segments", 0, 0, 0,
     "A S; B S.; A .; A . x1 v0; A . x1 v1; A P. l9 x1 v2; B .; A . x1 v3; "
     "A . x1 v4; A . x1 v6; A SF; A S; A FPU; A F. q8; A P. l9 q1"},
    {"in-two-pieces", CONN_POLICY_STATS, 0xf0, 0,
     "A S v0; B S. v0; A . v0; A P. l100 x2 v0; B . v0; B F. l60 x2 v0; "
     "A F. l2 x2 v0; B . v0"},
    {"judged-and-dropped", CONN_POLICY_INLINE | CONN_POLICY_STATS, 0, 0,
     "A S x3; A S; B S. x4; B S.; A .; A P. l9 x3; A P. l9 x4; A P. l9; B ."},
    {"saved-everywhere", CONN_POLICY_STATS, 0, 0xf0,
     "save; A S; save; A S q40; save; B S.; A .; save; A P. l9; B . k50; save; "
     "A P. q50 l9; B .; save; B F.; A .; save; A F.; B .; save; tick t12; "
     "save"},
    {"saved-waiting", 0, 0, 0,
     "A S; B S.; A .; A F.; B F.; A .; save; move; tick t11; save; tick t11"},
    {"assumed", CONN_POLICY_STATS, 0, 0,
     "A S o5; B S. o5; A .; A P. l9; B .; assume; A P. q120 l30; B .; A P. l9; "
     "B .; "
     "assume; B F.; A .; A F.; B ."},
    {"assumed-while-opening", 0, 0, 0,
     "A S; A S q9; assume; B S.; assume; A .; A P. l9; B ."},
    {"damaged", 0, 0, 0,
     "A S; B S.; A .; A P. l9; damage q18 l1; A P. l9; damage q48 l1 t3; B .; "
     "damage q40 l1; B P. l9; damage q21 l200; damage q90 l4; B F.; A F."},
    {"ended", CONN_POLICY_STATS, 0, 0,
     "A S; B S.; A .; A R q9; end q0; A S; B R.; end q3; A .; end q1; A .; end "
     "q2"},
    {"analysed", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; B S. t6; A . t6; A P. l50 t6; B . t6; A P. l50; A . l50; B . t6; B "
     "P. l50; A . t6; A P. l50; B . t6; A . l20; B P. l9; A . l20; B .; A . w0 "
     "l9; B .; A . l9; B .; save; A F.; B F.; A ."},
    {"analysed-loss", CONN_POLICY_ANALYSIS | CONN_POLICY_STATS, 0xf0, 0x7f,
     "A S; B S. t6; A . t6; A P. l20; B . t6; A P. q20 l20; A P. l20; A P. "
     "l20; B . k-60 t2; B . k-60 s; B . k-60 s; B . k-60 s; A P. q-60 l20 t2; "
     "B . t4; A P. q-20 l20 t8; B . s; A P. q-10 l20; B . t6; B . k30; A P. "
     "q30 l9; B .; A P. l9; B . k-3; A P. q-3 l9; B .; B ."},
    {"analysed-order", CONN_POLICY_ANALYSIS, 0, 0,
     "A S v0; B S. v0; A . v0; A P. q20 l20 v2; A P. q-40 l20 v1; A P. q20 l20 "
     "v3; A P. q-40 l20 v4 t8; A P. q20 l20 v4; A P. q-30 l10 v4; A P. q40 l9 "
     "v4; A P. q50 l9 v4; A P. q50 l9 v4; A P. q50 l9 v5; B . v0; A P. l9 v5; "
     "B . v1"},
    {"analysed-order-by-id", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; B S. t6; A . t6; A P. q20 l20 i; A P. q-40 l20; A P. q20 l20; A P. "
     "q-40 l20 i; B .; A . q30; A P. q-20 l9; B ."},
    {"analysed-window", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; B S. t6; A . t6; A P. l50; B . w0; A P. l1 t9; B . w0 k-1; B . w9; "
     "A P. l9; B .; A . q-1 t11; B .; A P. q-1 l1 t11; B .; B . w0; B . w9; B "
     ". w0; A P. l1; B . w0; A P. l1; B . w9; B . w0 k-2; A . q-1"},
    {"analysed-window-full", CONN_POLICY_ANALYSIS, 0, 0,
     "A S o2 w1; B S. o2 w1; A . w1; B . w1; A P. l203; B . w1; A P. l208; A "
     "P. l1; B . w1; A P. l4; B . w0; A P. l1"},
    {"analysed-many-in-flight", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; B S. t6; A . t6; A P. l9; B .; B P. l9; A .; A P. l9 t5; A P. l9 "
     "t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 "
     "t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 "
     "t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 "
     "t5; B . k-63; B . k-60; B . k-9; A P. l9; B .; A P. l9 t5; A P. l9 t5; A "
     "P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A "
     "P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A "
     "P. l9 t5; A P. l9 t5; A P. l9 t5; A P. l9 t5; A P. q-20 l9; B . k-40; A "
     "P. l9; B ."},
    {"analysed-by-tens", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; B S. t6; A . t6; A P. l9; A P. q-9 l9; A P. q-9 l9; A P. q-9 l9; A "
     "P. q-9 l9; A P. q-9 l9; A P. q-9 l9; A P. q-9 l9; A P. q-9 l9; A P. q-9 "
     "l9; A P. q-9 l9; A P. q-9 l9; A P. q-9 l9; B .; B . w0; B . w0; B . w0; "
     "B . w0; B . w0; B . w0; B . w0; B . w0; B . w0; B . w0; B . w0; A . x1 "
     "v2; A . x1 v2; A . x1 v2; A . x1 v2; A . x1 v2; A . x1 v2; A . x1 v2; A "
     ". x1 v2; A . x1 v2; A . x1 v2; A . x1 v2; B . k20; A P. q20 l9; B . k20; "
     "A P. q20; B R q9; B R q10; A R q9; A R; B R"},
    {"analysed-flipped", CONN_POLICY_ANALYSIS, 0, 0,
     "B S. t6; B P. l9; A .; B F.; A F.; B ."},
    {"analysed-acked", CONN_POLICY_ANALYSIS, 0, 0,
     "B S. t6; A .; A P. l9; B .; B F. l9; A R; A R q1; B F."},
    {"analysed-crossed", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; B S w40; A . w40; B .; A P. l9; B P. l9; A F.; B F.; A .; B .; A R; "
     "B R"},
    {"analysed-refused", CONN_POLICY_ANALYSIS, 0, 0,
     "A S; A S; B R. k0; A S q9; A R. q0; A S q30 t11; B S. q9; A F. q0; B R. "
     "q1; A SF q50; A SR q9; B SF. ; A FR. q2"},
    {"analysed-fast-open", CONN_POLICY_ANALYSIS, 0, 0,
     "A S l20 x1 v4; B S. k-20; A . q-20; A P. q-20 l20; B .; B S.; A S q40 l9 "
     "x1 v4; B S."},
    {"analysed-in-the-middle", CONN_POLICY_ANALYSIS | CONN_POLICY_STATS, 0x40,
     0x90,
     "A P. l50; B P. l60; A .; B .; B . k30; A . q30; A P. l9; B P. q20 l9; A "
     ". k-29; A . k-9; B P. q-29 l20; A .; A F.; B R.; A ."},
    {"analysed-captured-twice", CONN_POLICY_ANALYSIS, 0, 0,
     "A S i; A S q-1 i; B S. i; A . i; A P. l9 i; A P. q-9 l9 i; A P. q-9 l9 i "
     "t9; B . k0 s; B . s; B P. l9 s; B . s"},
    {"time-back", 0, 0, 0,
     "A S t9; forward q9 k40; B S.; back q9 k40; A .; A F.; B F.; A .; "
     "back q255 k49; tick t12; forward q255 k30; tick t12; A ."},
};

static const struct {
    const char *name;
    uint8_t op;
} others[] = {
    {"tick", CONN_OP_TICK},     {"forward", CONN_OP_FORWARD},
    {"back", CONN_OP_BACK},     {"save", CONN_OP_SAVE},
    {"assume", CONN_OP_ASSUME}, {"damage", CONN_OP_DAMAGE},
    {"move", CONN_OP_MOVE},     {"end", CONN_OP_END},
};

static void put_flags(uint8_t out[CONN_RECORD], const char *word)
{
    static const char letters[] = "FSRP.UEC";

    for (; *word; word++)
        out[CONN_FLAGS] |= (uint8_t)(1u << (strchr(letters, *word) - letters));
}

static void put_number(uint8_t out[CONN_RECORD], const char *word)
{
    static const struct {
        char letter;
        uint8_t at, how;
    } numbers[] = {
        {'q', CONN_SEQ, 0},
        {'k', CONN_ACK, 0},
        {'Q', CONN_SEQ, CONN_HOW_SEQ_FIXED},
        {'K', CONN_ACK, CONN_HOW_ACK_FIXED},
        {'l', CONN_LEN, 0},
        {'w', CONN_WND, 0},
        {'o', CONN_WND, CONN_HOW_SYN_OPTIONS},
        {'s', CONN_RECORD, CONN_HOW_SACK},
        {'i', CONN_RECORD, CONN_HOW_IP_ID},
        {'T', CONN_RECORD, CONN_HOW_TTL},
        {'x', CONN_OP, 0},
    };
    int value = atoi(word + 1);

    if (*word == 't')
        out[CONN_TIME] = (uint8_t)((out[CONN_TIME] & 0xf0) | (value & 15));
    if (*word == 'v') {
        out[CONN_HOW] |= CONN_HOW_TIMESTAMP;
        out[CONN_TIME] = (uint8_t)((out[CONN_TIME] & 15) | (value & 15) << 4);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].letter != *word)
            continue;
        out[CONN_HOW] |= numbers[i].how;
        if (numbers[i].at < CONN_RECORD)
            out[numbers[i].at] = (uint8_t)value;
    }
}

static void make_call(uint8_t out[CONN_RECORD], char *sentence)
{
    char *rest, *word = strtok_r(sentence, " ", &rest);

    memset(out, 0, CONN_RECORD);
    out[CONN_TIME] = 4;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(word, others[i].name))
            out[CONN_OP] = others[i].op;
    if (word[1] == '\0') {
        out[CONN_HOW] = word[0] == 'B' ? CONN_HOW_B : 0;
        out[CONN_WND] = 200;
        word = strtok_r(NULL, " ", &rest);
        if (*word != 'x')
            put_flags(out, word);
        else
            put_number(out, word);
    }
    while ((word = strtok_r(NULL, " ", &rest)) != NULL)
        put_number(out, word);
}

static int write_seed(const char *directory, const struct seed *s)
{
    uint8_t out[CONN_INPUT_HEADER + 64 * CONN_RECORD] = {0};
    size_t size = CONN_INPUT_HEADER;
    char path[4096], calls[1024], *rest, *call;
    FILE *file;

    out[CONN_INPUT_POLICY] = (uint8_t)s->policy;
    out[CONN_INPUT_ISS] = (uint8_t)s->iss_a;
    out[CONN_INPUT_ISS + 1] = (uint8_t)s->iss_b;
    out[CONN_INPUT_TIME] = 100;
    snprintf(calls, sizeof calls, "%s", s->calls);
    for (call = strtok_r(calls, ";", &rest); call && size < sizeof out;
         call = strtok_r(NULL, ";", &rest), size += CONN_RECORD)
        make_call(out + size, call);
    snprintf(path, sizeof path, "%s/%s", directory, s->name);
    file = fopen(path, "wb");
    return file && fwrite(out, 1, size, file) == size && !fclose(file);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof seeds / sizeof *seeds; i++)
        if (!write_seed(argv[1], &seeds[i])) {
            perror(seeds[i].name);
            return 1;
        }
    return argc != 2;
}
