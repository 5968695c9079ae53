/* What a table needs for each connection, all in: its place, its share of the index and
 * of the table's own members. Lines as main.c prints them. */
#include <stdio.h>
#include <tcpseg/tcpseg.h>

static double size_of(uint32_t connections, uint32_t half_open, uint32_t ipv6)
{
    tcptable_config config;

    tcptable_config_default(&config, sizeof config);
    config.connections = connections;
    config.half_open = half_open;
    config.ipv6 = ipv6;
    return (double)tcptable_size(&config);
}

static void tell(const char *what, double bytes, double n)
{
    printf("libtcpseg\tmemory, %s\t%.1f\tbytes/connection\n", what, bytes / n);
}

int main(void)
{
    enum { MANY = 1000000, FEW = 1000, LITTLE = 1 };
    double least = size_of(MANY, LITTLE, 0);

    tell("a connection, IPv4", least, MANY);
    tell("a connection, IPv6", size_of(MANY, LITTLE, UINT32_MAX), MANY);
    tell("a connection, IPv4, of a thousand", size_of(FEW, LITTLE, 0), FEW);
    tell("a half-open one, IPv4", size_of(MANY, MANY, 0) - least, MANY);
    return 0;
}
