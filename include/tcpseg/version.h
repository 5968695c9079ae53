/** @file
 *  Version numbers: the one place they are written down. */
#ifndef TCPSEG_VERSION_H
#define TCPSEG_VERSION_H

/**
 * @defgroup tcpseg_version Versions
 *
 * Two numbers, for two questions. The *version* says what the code can do; it
 * moves with every release. The *ABI number* says which programs may link: it
 * is the number in `libtcpseg.so.N` and moves only when a program compiled
 * against an older header would break. The build reads both from here.
 *
 * A program that wants to know what it runs with, not what it was compiled
 * with, calls tcpseg_version().
 * @{
 */

/** First number: 0 until the interface is promised for good. */
#define TCPSEG_VERSION_MAJOR 0
/** Second number: moves with new functions. */
#define TCPSEG_VERSION_MINOR 1
/** Third number: moves with repairs only. */
#define TCPSEG_VERSION_PATCH 0
/** The three numbers as text. */
#define TCPSEG_VERSION "0.1.0"
/** The three numbers as one: `major << 16 | minor << 8 | patch`. */
#define TCPSEG_VERSION_NUM 0x000100
/** The ABI number, the N of the SONAME `libtcpseg.so.N`. */
#define TCPSEG_ABI 0

/** @} */
#endif
