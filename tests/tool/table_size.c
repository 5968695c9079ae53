/* usage: table_size PARTS CONNECTIONS HALF-OPEN IPV6
 * What tcptable_size() says: the tools' --memory has to say the same. */
#include <stdio.h>
#include <stdlib.h>
#include <tcpseg/tcpseg.h>

static uint32_t number(const char *word)
{
    return (uint32_t)strtoul(word, NULL, 10);
}

int main(int argc, char **argv)
{
    tcptable_config config;

    if (argc != 5)
        return EXIT_FAILURE;
    tcptable_config_default(&config, sizeof config);
    config.parts = number(argv[1]);
    config.connections = number(argv[2]);
    config.half_open = number(argv[3]);
    config.ipv6 = number(argv[4]);
    printf("%zu\n", tcptable_size(&config));
    return EXIT_SUCCESS;
}
