/* Large memory, for all rows of a run of the same kind of page. */
#ifndef TESTS_BENCH_BLOCK_H
#define TESTS_BENCH_BLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

/* BENCH_PAGES: huge or small; without it, whatever the system gives. */
static inline int pages_advice(void)
{
    const char *pages = getenv("BENCH_PAGES");

    if (!pages)
        return MADV_NORMAL;
    return strcmp(pages, "huge") ? MADV_NOHUGEPAGE : MADV_HUGEPAGE;
}

/* Zeros, at the start of a huge page; kept until the process ends. */
static inline void *block_new(size_t size)
{
    size_t all =
        ((size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1)) + HUGE_PAGE;
    void *p = mmap(NULL, all, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uintptr_t start =
        ((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);

    if (p == MAP_FAILED) {
        perror("memory");
        exit(1);
    }
    madvise((void *)start, all - HUGE_PAGE, pages_advice());
    return (void *)start;
}

#endif
