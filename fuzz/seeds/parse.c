/* Writes the seeds of fuzz_parse: usage: parse DIRECTORY
 *
 * Each is a segment that some parser got wrong, or one of each form there is;
 * the file is named for it. What the two bytes in front mean stands in
 * fuzz_parse.c. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A segment of ports 12345 and 80. */
struct seed {
    const char *name;
    const char *flags;   /* byte 12's low half and byte 13: "002" is SYN */
    const char *options; /* hexadecimal; filled up with NOPs */
    unsigned payload;    /* bytes behind them */
    unsigned cut;        /* bytes of all this that were not captured */
    const char
        *offset; /* the data offset's digit, if it is not the right one */
};

/* clang-format off */
static const struct seed seeds[] = {
    {"t01-length-zero", "010", "02000000", 0, 0, NULL},
    {"t01-length-zero-behind-mss", "002", "020405b4 08000000", 0, 0, NULL},
    {"t02-length-one", "010", "02010000", 0, 0, NULL},
    {"t02-length-one-unknown-kind", "010", "63010000", 0, 0, NULL},
    {"t03-kind-without-length", "010", "01010102", 8, 0, NULL},
    {"t04-length-beyond", "010", "022805b4", 60, 0, NULL},
    {"t05-mss-of-3", "010", "02030500", 0, 0, NULL},
    {"t06-mss-of-6", "010", "020605b4 01020101", 0, 0, NULL},
    {"t07-timestamps-of-9", "010", "0809 00000001 000000 010101", 0, 0, NULL},
    {"t08-window-scale-15", "002", "020405b4 03030f00", 0, 0, NULL},
    {"t08-window-scale-255", "002", "020405b4 0303ff00", 0, 0, NULL},
    {"t09-sack-permitted-of-3", "002", "04030001", 0, 0, NULL},
    {"t10-sack-of-2", "010", "05020101", 0, 0, NULL},
    {"t11-sack-of-9", "010", "0509 00000001 000000 010101", 0, 0, NULL},
    {"t11-sack-of-42", "010", "052a0000", 60, 0, NULL},
    {"t12-four-sack-blocks", "010", "0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008", 0, 0, NULL},
    {"t13-sack-backwards", "010", "0101 050a 00000002 00000001", 0, 0, NULL},
    {"t13-sack-half-circle", "010", "0101 050a 00000000 80000000", 0, 0, NULL},
    {"t14-mss-0", "002", "02040000", 0, 0, NULL},
    {"t14-mss-47", "002", "0204002f", 0, 0, NULL},
    {"t15-handshake-options-on-ack", "010", "020405b4 030307 0402 2202", 0, 0, NULL},
    {"t15-sack-on-syn", "002", "020405b4 0101 050a 00000001 00000002", 0, 0, NULL},
    {"t16-padding", "002", "020405b4 00aabbcc", 0, 0, NULL},
    {"t17-duplicate", "002", "020405b4 030307 030308 0000", 0, 0, NULL},
    {"t18-offset-0", "010", "", 20, 0, "0"},
    {"t18-offset-4", "010", "", 20, 0, "4"},
    {"t18-offset-15", "010", "", 0, 0, "f"},
    {"t19-forty-nops", "010", "01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101", 0, 0, NULL},
    {"t20-mptcp-without-length", "010", "0101011e", 0, 0, NULL},
    {"t21-mptcp-of-2", "010", "01011e02", 0, 0, NULL},
    {"t22-mptcp-into-payload", "010", "1e140101", 32, 0, NULL},
    {"t23-mptcp-past-the-end", "010", "1e140101", 0, 0, NULL},
    {"t24-mptcp-of-200", "010", "1ec8f000", 0, 0, NULL},
    {"t25-mptcp-of-0", "010", "1e00f000", 0, 0, NULL},
    {"t26-join-of-5", "002", "1e05100102 020405b4", 0, 0, NULL},
    {"t27-ao-of-3", "010", "1d030101", 0, 0, NULL},
    {"t28-scps-of-2", "002", "14020000", 0, 0, NULL},
    {"t29-md5-of-17", "010", "1311 000102030405060708090a0b0c0d0e", 0, 0, NULL},
    {"t29-md5-and-ao", "010", "1312 000102030405060708090a0b0c0d0e0f 1d100102 000102030405060708090a0b", 0, 0, NULL},
    {"t30-experiment-of-3", "010", "fe03f900", 0, 0, NULL},
    {"t30-experiment-of-2", "010", "fe020101", 0, 0, NULL},
    {"t31-accecn-draft", "010", "fe0dacce 000001000002000003", 0, 0, NULL},
    {"t32-accecn-of-7", "010", "ac070000010203", 0, 0, NULL},
    {"t33-user-timeout", "010", "1c04803c", 0, 0, NULL},
    {"t34-fast-open-of-5", "002", "2205010203", 0, 0, NULL},
    {"t34-fast-open-request", "002", "020405b4 2202", 0, 0, NULL},
    {"t34-fast-open-of-4", "002", "22040102", 0, 0, NULL},
    {"t34-fast-open-of-20", "002", "2214 000102030405060708090a0b0c0d0e0f1011", 0, 0, NULL},
    {"t35-unknown-kind-between", "002", "020405b4 6304aabb 030307", 0, 0, NULL},
    {"t36-reserved-bits", "e10", "", 0, 0, NULL},
    {"t36-accurate-ecn-syn", "1c2", "020405b4", 0, 0, NULL},
    {"t37-urgent", "030", "", 1, 0, NULL},
    {"t39-odd-payload", "018", "", 7, 0, NULL},
    {"t40-ten-bytes", "010", "", 0, 10, NULL},
    {"t41-cut-in-an-option", "002", "020405b4 0402 080a 00000001 00000000 01 030307", 0, 10, NULL},
    {"t48-options-without-data", "002", "22020402", 0, 0, NULL},
    {"syn-of-linux", "002", "020405b4 0402 080a 00000001 00000000 01 030307", 0, 0, NULL},
    {"syn-of-windows", "002", "020405b4 01 030308 0101 0402", 0, 0, NULL},
    {"ack-with-timestamps", "010", "0101 080a 00000001 00000002", 5, 0, NULL},
    {"dsack", "010", "0101 0512 00000220 00000230 00000200 00000300", 0, 0, NULL},
    {"mptcp-capable-v1", "002", "1e040181", 0, 0, NULL},
    {"mptcp-capable-v0", "012", "1e0c0081 0102030405060708", 0, 0, NULL},
    {"mptcp-capable-data", "018", "1e180181 0102030405060708 1112131415161718 0005 1234", 5, 0, NULL},
    {"mptcp-join", "002", "1e0c1101 01020304 05060708", 0, 0, NULL},
    {"mptcp-dss-28", "010", "1e1c200f 0102030405060708 1112131415161718 21222324 0005 1234", 5, 0, NULL},
    {"mptcp-add-addr-v0", "010", "1e083401 0a000001", 0, 0, NULL},
    {"mptcp-add-addr-v1", "010", "1e1e3001 fd000000000000000000000000000001 1f90 0102030405060708", 0, 0, NULL},
    {"mptcp-remove-prio-fail-rst", "010", "1e05400102 1e045101 1e0c6000 0000000000000001 1e048001", 0, 0, NULL},
    {"quick-start-snack-eno", "010", "1b08057b 12345678 150600010002 4507018121a20102", 0, 0, NULL},
    {"eno-with-length", "002", "4508 01 81 a2 0102 21", 0, 0, NULL},
    {"obsolete-kinds", "002", "060601020304 0902 0a0380 0b0600000001 0e0301 0f03aa 1203aa", 0, 0, NULL},
    {"edo-and-smc", "002", "fd060ed00007 fe06e2d4c3d9 fe05e2d4c3 fe06e2d4c3da", 0, 0, NULL},
};
/* clang-format on */

static unsigned hex(uint8_t *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned n = 0;

    for (; *text; text++) {
        const char *digit = strchr(digits, *text);

        if (!digit)
            continue;
        if (n % 2 == 0)
            out[n / 2] = (uint8_t)((digit - digits) << 4);
        else
            out[n / 2] |= (uint8_t)(digit - digits);
        n++;
    }
    return n / 2;
}

/* Two bytes and a segment; returns how many bytes they take together. */
static unsigned make(uint8_t *out, const struct seed *seed)
{
    uint8_t *p = out + 2, flags[2];
    unsigned size = hex(p + 20, seed->options), length;
    char text[5] = {'0', seed->flags[0], seed->flags[1], seed->flags[2], 0};

    while (size % 4)
        p[20 + size++] = 1;
    hex(p, "3039 0050 01020304 00000100 0000 2000 0000 0000");
    hex(flags, text);
    if (!(flags[1] & 0x10))
        hex(p + 8, "00000000");
    p[12] = (uint8_t)((20 + size) / 4 << 4 | flags[0]);
    p[13] = flags[1];
    if (seed->offset)
        hex(p + 12, (char[]){seed->offset[0], seed->flags[0], 0});
    if (flags[1] & 0x20)
        hex(p + 18, "ffff");
    length = 20 + size + seed->payload;
    memset(p + 20 + size, 'x', seed->payload);
    out[0] = (uint8_t)(seed->cut >> 8);
    out[1] = (uint8_t)seed->cut;
    return 2 + length - seed->cut;
}

static int write_seed(const char *directory, const struct seed *seed)
{
    uint8_t bytes[2 + 60 + 64] = {0};
    char path[4096];
    unsigned size = make(bytes, seed);
    FILE *file;
    int good;

    snprintf(path, sizeof path, "%s/%s", directory, seed->name);
    file = fopen(path, "wb");
    if (!file) {
        perror(path);
        return 0;
    }
    good = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && good;
}

int main(int argc, char **argv)
{
    unsigned i, count = sizeof seeds / sizeof *seeds;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    for (i = 0; i < count; i++)
        if (!write_seed(argv[1], &seeds[i]))
            return 1;
    printf("%u seeds\n", count);
    return 0;
}
