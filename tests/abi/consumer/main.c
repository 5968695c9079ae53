/* A program of somebody else's: parses one segment, exits 0 if it is what it
 * should be. consumers.sh builds it in each way the library is offered. */
#include <stdio.h>

#include <tcpseg/tcpseg.h>

static const unsigned char syn[] = {
    0xc0, 0x00, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x60, 0x02, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4,
};

int main(void)
{
    tcpseg seg;

    if (tcpseg_version() != TCPSEG_VERSION_NUM)
        return 1;
    if (tcpseg_parse(&seg, syn, sizeof syn, sizeof syn) != TCPSEG_OK)
        return 2;
    if (seg.dst_port != 80 || seg.flags != TCPSEG_SYN || seg.mss != 1460)
        return 3;
    return puts("port 80, SYN, MSS 1460") < 0;
}
