/* A table that outlives its program: it lies in a file that is mapped into memory. The
 * first run sees a handshake and ends; the second finds the connection as it was, at
 * another address of memory, and sees it closed.
 *
 * usage: table_in_a_file FILE      (twice; the file is made by the first) */
#include <tcpseg/tcpseg.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of one connection, what each of its segments is: who sent it, flags, numbers. */
struct sent {
    int from_server;
    unsigned flags;
    uint32_t seq, ack;
};
static const struct sent handshake[] = {
    {0, TCPSEG_SYN, 1000, 0},
    {1, TCPSEG_SYN | TCPSEG_ACK, 5000, 1001},
    {0, TCPSEG_ACK, 1001, 5001},
};
static const struct sent farewell[] = {
    {0, TCPSEG_FIN | TCPSEG_ACK, 1001, 5001},
    {1, TCPSEG_FIN | TCPSEG_ACK, 5001, 1002},
    {0, TCPSEG_ACK, 1002, 5002},
};

static void feed(tcptable *table, tcpconn_env *env, const struct sent *s)
{
    static const uint8_t address[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
    tcpseg_frame frame = {.ttl = 64};
    tcpseg seg = {.seq = s->seq,
                  .ack = s->ack,
                  .flags = (uint16_t)s->flags,
                  .wnd = 65535,
                  .data_offset = 5,
                  .header_captured = 20,
                  .src_port = s->from_server ? 80 : 43000,
                  .dst_port = s->from_server ? 43000 : 80};
    tcptable_packet answer;
    tcpconn *conn;

    frame.addr.family = 4;
    memcpy(frame.addr.src, address[s->from_server], 4);
    memcpy(frame.addr.dst, address[!s->from_server], 4);
    tcptable_feed(table, env, &frame, &seg, NULL, 0, &answer);
    conn = tcptable_conn(table, answer.conn);
    printf("%s: client %s, server %s\n", tcpconn_verdict_name(answer.result),
           tcpconn_state_name(tcpconn_state(conn, 0)),
           tcpconn_state_name(tcpconn_state(conn, 1)));
}

/* The file, as memory of `size` bytes; whether it was there before. */
static void *map(const char *name, size_t size, int *was_there)
{
    int file = open(name, O_RDWR | O_CREAT, 0600);
    void *memory = MAP_FAILED;

    if (file < 0)
        return NULL;
    *was_there = lseek(file, 0, SEEK_END) > 0;
    if (*was_there || ftruncate(file, (off_t)size) == 0)
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

int main(int argc, char **argv)
{
    tcpconn_env_storage env_memory;
    tcptable_config config;
    tcptable *table;
    tcpconn_env *env;
    void *memory;
    size_t size;
    int again = 0, error;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    tcptable_config_default(&config, sizeof config);
    config.connections = 1000;
    config.seed[0] = 0x5eed; /* a real program takes random numbers */
    size = tcptable_size(&config);
    memory = map(argv[1], size, &again);
    if (!memory) {
        perror(argv[1]);
        return 1;
    }
    error = again ? tcptable_attach(memory, size, &table)
                  : tcptable_init(memory, size, &config, &table);
    if (error || tcpconn_env_init(&env_memory, sizeof env_memory, NULL, &env)) {
        fprintf(stderr, "%s: %s\n", argv[1], tcpseg_strerror(error));
        return 1;
    }
    for (int i = 0; i < 3; i++)
        feed(table, env, again ? &farewell[i] : &handshake[i]);
    munmap(memory, size);
    return 0;
}
