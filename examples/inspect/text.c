/* Characters: building lines, and letting nothing dangerous into them. */
#include "inspect.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#ifndef PROGRAM /* other tools use this file, too */
#define PROGRAM "tcpseg-inspect"
#endif

static void add_list(struct text *t, const char *format, va_list list)
{
    size_t room = sizeof t->bytes - t->len;
    int n = vsnprintf(t->bytes + t->len, room, format, list);

    if (n > 0)
        t->len += (size_t)n < room ? (size_t)n : room - 1;
}

void text_add(struct text *t, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add_list(t, format, list);
    va_end(list);
}

void text_hex(struct text *t, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text_add(t, "%02x", bytes[i]);
}

void text_escaped(struct text *t, const char *string)
{
    for (; *string; string++) {
        unsigned char c = (unsigned char)*string;

        if (c < ' ' || c > '~')
            text_add(t, "\\x%02x", c);
        else
            text_add(t, "%c", c);
    }
}

void text_pad(struct text *t, size_t start, size_t columns)
{
    size_t column = 0;

    /* Of a character's UTF-8 bytes all but the first look like 10xxxxxx. */
    for (size_t i = start; i < t->len; i++)
        column += (t->bytes[i] & 0xc0) != 0x80;
    if (column < columns)
        text_add(t, "%*s", (int)(columns - column), "");
}

void text_address(struct text *t, const uint8_t *address, unsigned family)
{
    char buf[INET6_ADDRSTRLEN];

    if (inet_ntop(family == 4 ? AF_INET : AF_INET6, address, buf, sizeof buf))
        text_add(t, "%s", buf);
}

void complain(const char *format, ...)
{
    struct text t = {.len = 0};
    va_list list;

    va_start(list, format);
    add_list(&t, format, list);
    va_end(list);
    fflush(stdout); /* so that it stands behind what it is about */
    fprintf(stderr, PROGRAM ": %s\n", t.bytes);
}
