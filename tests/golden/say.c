#include "say.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
    bool print;
    uint64_t digest;
} transcript;

void say_begin(bool print)
{
    transcript.print = print;
    transcript.digest = UINT64_C(0xcbf29ce484222325);
}

/* FNV-1a. */
static void digest(const char *text)
{
    for (; *text; text++) {
        transcript.digest ^= (unsigned char)*text;
        transcript.digest *= UINT64_C(0x100000001b3);
    }
}

void say(const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    digest(text);
    if (transcript.print)
        fputs(text, stdout);
}

uint64_t say_digest(void)
{
    return transcript.digest;
}
