/* The layout of every public structure, pinned: compiled programs and bindings in
 * other languages know these numbers. The same on every target, without holes,
 * 64-bit members at multiples of 8; all but tcpconn_config, which has pointers,
 * and follows the same rules by their size. */
#include <stddef.h>
#include <stdio.h>

#include <tcpseg/tcpseg.h>

struct row {
    const char *type, *member; /* no member: the structure itself */
    size_t offset, size, align, pinned;
};

/* clang-format off */
#define ALIGN(value) _Generic((value), uint64_t: 8, uint64_t *: 8, default: 1)
#define TYPE(type, bytes)                                                      \
    {#type, NULL, 0, sizeof(type), _Alignof(type), bytes}
#define AT(type, member, at)                                                   \
    {#type, #member, offsetof(type, member), sizeof(((type *)0)->member),      \
     ALIGN(((type *)0)->member), at}
#define POINTER(n) (152 + (n) * sizeof(void *))

static const struct row rows[] = {
    TYPE(tcpseg_sack, 8),
    AT(tcpseg_sack, left, 0),
    AT(tcpseg_sack, right, 4),

    TYPE(tcpseg, 128),
    AT(tcpseg, src_port, 0),
    AT(tcpseg, dst_port, 2),
    AT(tcpseg, seq, 4),
    AT(tcpseg, ack, 8),
    AT(tcpseg, flags, 12),
    AT(tcpseg, wnd, 14),
    AT(tcpseg, checksum, 16),
    AT(tcpseg, up, 18),
    AT(tcpseg, data_offset, 20),
    AT(tcpseg, header_captured, 21),
    AT(tcpseg, options_walked, 22),
    AT(tcpseg, reserved0, 23),
    AT(tcpseg, payload_len, 24),
    AT(tcpseg, payload_captured, 28),
    AT(tcpseg, present, 32),
    AT(tcpseg, error, 36),
    AT(tcpseg, defects, 40),
    AT(tcpseg, mss, 48),
    AT(tcpseg, wscale, 50),
    AT(tcpseg, sack_count, 51),
    AT(tcpseg, tsval, 52),
    AT(tcpseg, tsecr, 56),
    AT(tcpseg, checksum_status, 60),
    AT(tcpseg, ip_ecn, 61),
    AT(tcpseg, ip_ttl, 62),
    AT(tcpseg, mptcp_subtype, 63),
    AT(tcpseg, sack, 64),
    AT(tcpseg, fastopen_offset, 96),
    AT(tcpseg, fastopen_len, 97),
    AT(tcpseg, error_kind, 98),
    AT(tcpseg, error_len, 99),
    AT(tcpseg, error_offset, 100),
    AT(tcpseg, ip_id, 102),
    AT(tcpseg, reserved, 104),

    TYPE(tcpseg_address, 40),
    AT(tcpseg_address, src, 0),
    AT(tcpseg_address, dst, 16),
    AT(tcpseg_address, family, 32),
    AT(tcpseg_address, protocol, 33),
    AT(tcpseg_address, fragment, 34),
    AT(tcpseg_address, reserved, 35),
    AT(tcpseg_address, length, 36),

    TYPE(tcpseg_option, 8),
    AT(tcpseg_option, kind, 0),
    AT(tcpseg_option, len, 1),
    AT(tcpseg_option, offset, 2),
    AT(tcpseg_option, status, 3),
    AT(tcpseg_option, exid, 4),
    AT(tcpseg_option, data_len, 6),
    AT(tcpseg_option, reserved, 7),

    TYPE(tcpseg_fastopen, 24),
    AT(tcpseg_fastopen, cookie, 0),
    AT(tcpseg_fastopen, cookie_len, 16),
    AT(tcpseg_fastopen, experiment, 17),
    AT(tcpseg_fastopen, reserved, 18),

    TYPE(tcpseg_auth, 48),
    AT(tcpseg_auth, kind, 0),
    AT(tcpseg_auth, key_id, 1),
    AT(tcpseg_auth, rnext_key_id, 2),
    AT(tcpseg_auth, mac_len, 3),
    AT(tcpseg_auth, mac, 4),
    AT(tcpseg_auth, reserved, 40),

    TYPE(tcpseg_user_timeout, 8),
    AT(tcpseg_user_timeout, seconds, 0),
    AT(tcpseg_user_timeout, value, 4),
    AT(tcpseg_user_timeout, minutes, 6),
    AT(tcpseg_user_timeout, reserved, 7),

    TYPE(tcpseg_quick_start, 16),
    AT(tcpseg_quick_start, bits_per_second, 0),
    AT(tcpseg_quick_start, nonce, 8),
    AT(tcpseg_quick_start, rate, 12),
    AT(tcpseg_quick_start, ttl_diff, 13),
    AT(tcpseg_quick_start, reserved, 14),

    TYPE(tcpseg_scps, 8),
    AT(tcpseg_scps, kind, 0),
    AT(tcpseg_scps, flags, 1),
    AT(tcpseg_scps, connection_id, 2),
    AT(tcpseg_scps, reserved, 3),
    AT(tcpseg_scps, hole_offset, 4),
    AT(tcpseg_scps, hole_size, 6),

    TYPE(tcpseg_eno_suboption, 4),
    AT(tcpseg_eno_suboption, id, 0),
    AT(tcpseg_eno_suboption, v, 1),
    AT(tcpseg_eno_suboption, offset, 2),
    AT(tcpseg_eno_suboption, len, 3),

    TYPE(tcpseg_eno, 160),
    AT(tcpseg_eno, count, 0),
    AT(tcpseg_eno, valid, 1),
    AT(tcpseg_eno, global, 2),
    AT(tcpseg_eno, reserved, 3),
    AT(tcpseg_eno, suboption, 4),
    AT(tcpseg_eno, reserved1, 156),

    TYPE(tcpseg_accecn, 16),
    AT(tcpseg_accecn, ee0b, 0),
    AT(tcpseg_accecn, eceb, 4),
    AT(tcpseg_accecn, ee1b, 8),
    AT(tcpseg_accecn, present, 12),
    AT(tcpseg_accecn, order, 13),
    AT(tcpseg_accecn, trailing, 14),
    AT(tcpseg_accecn, reserved, 15),

    TYPE(tcpseg_mptcp, 128),
    AT(tcpseg_mptcp, subtype, 0),
    AT(tcpseg_mptcp, version, 1),
    AT(tcpseg_mptcp, flags, 2),
    AT(tcpseg_mptcp, address_id, 3),
    AT(tcpseg_mptcp, address_family, 4),
    AT(tcpseg_mptcp, reason, 5),
    AT(tcpseg_mptcp, hmac_len, 6),
    AT(tcpseg_mptcp, remove_count, 7),
    AT(tcpseg_mptcp, present, 8),
    AT(tcpseg_mptcp, token, 12),
    AT(tcpseg_mptcp, nonce, 16),
    AT(tcpseg_mptcp, subflow_seq, 20),
    AT(tcpseg_mptcp, sender_key, 24),
    AT(tcpseg_mptcp, receiver_key, 32),
    AT(tcpseg_mptcp, data_ack, 40),
    AT(tcpseg_mptcp, dsn, 48),
    AT(tcpseg_mptcp, data_len, 56),
    AT(tcpseg_mptcp, checksum, 58),
    AT(tcpseg_mptcp, port, 60),
    AT(tcpseg_mptcp, reserved0, 62),
    AT(tcpseg_mptcp, address, 64),
    AT(tcpseg_mptcp, hmac, 80),
    AT(tcpseg_mptcp, remove, 100),
    AT(tcpseg_mptcp, reserved1, 104),

    TYPE(tcpseg_experiment, 16),
    AT(tcpseg_experiment, exid, 0),
    AT(tcpseg_experiment, exid_len, 4),
    AT(tcpseg_experiment, data_offset, 5),
    AT(tcpseg_experiment, data_len, 6),
    AT(tcpseg_experiment, has_value, 7),
    AT(tcpseg_experiment, value, 8),
    AT(tcpseg_experiment, reserved, 12),

    TYPE(tcpseg_frame, 128),
    AT(tcpseg_frame, addr, 0),
    AT(tcpseg_frame, offset, 40),
    AT(tcpseg_frame, captured, 44),
    AT(tcpseg_frame, length, 48),
    AT(tcpseg_frame, ip_offset, 52),
    AT(tcpseg_frame, trailer, 56),
    AT(tcpseg_frame, vlan, 60),
    AT(tcpseg_frame, vlan_count, 68),
    AT(tcpseg_frame, ttl, 69),
    AT(tcpseg_frame, ecn, 70),
    AT(tcpseg_frame, tunnel_depth, 71),
    AT(tcpseg_frame, stop, 72),
    AT(tcpseg_frame, mpls_count, 73),
    AT(tcpseg_frame, ip_id, 74),
    AT(tcpseg_frame, tunnel_id, 76),
    AT(tcpseg_frame, defects, 80),
    AT(tcpseg_frame, reserved, 88),

    TYPE(tcpseg_udp, 64),
    AT(tcpseg_udp, src_port, 0),
    AT(tcpseg_udp, dst_port, 2),
    AT(tcpseg_udp, length, 4),
    AT(tcpseg_udp, checksum, 6),
    AT(tcpseg_udp, payload_len, 8),
    AT(tcpseg_udp, payload_captured, 12),
    AT(tcpseg_udp, surplus_len, 16),
    AT(tcpseg_udp, error, 20),
    AT(tcpseg_udp, defects, 24),
    AT(tcpseg_udp, header_captured, 32),
    AT(tcpseg_udp, checksum_status, 33),
    AT(tcpseg_udp, no_checksum, 34),
    AT(tcpseg_udp, reserved0, 35),
    AT(tcpseg_udp, reserved, 40),

    TYPE(tcpconn_event, 64),
    AT(tcpconn_event, now, 0),
    AT(tcpconn_event, offset, 8),
    AT(tcpconn_event, len, 16),
    AT(tcpconn_event, seq, 20),
    AT(tcpconn_event, type, 24),
    AT(tcpconn_event, dir, 25),
    AT(tcpconn_event, endpoint, 26),
    AT(tcpconn_event, old_state, 27),
    AT(tcpconn_event, new_state, 28),
    AT(tcpconn_event, sure, 29),
    AT(tcpconn_event, why, 30),
    AT(tcpconn_event, winner, 31),
    AT(tcpconn_event, checks, 32),
    AT(tcpconn_event, tag, 40),
    AT(tcpconn_event, id, 48),
    AT(tcpconn_event, verdict, 52),
    AT(tcpconn_event, reserved0, 53),
    AT(tcpconn_event, place, 56),

    TYPE(tcpconn_report, 64),
    AT(tcpconn_report, verdict, 0),
    AT(tcpconn_report, severity, 4),
    AT(tcpconn_report, top_check, 5),
    AT(tcpconn_report, state, 6),
    AT(tcpconn_report, checks, 8),
    AT(tcpconn_report, analysis, 16),
    AT(tcpconn_report, offset, 24),
    AT(tcpconn_report, new_len, 32),
    AT(tcpconn_report, rel_seq, 36),
    AT(tcpconn_report, rel_ack, 40),
    AT(tcpconn_report, wnd_scaled, 44),
    AT(tcpconn_report, events, 48),
    AT(tcpconn_report, advice, 52),
    AT(tcpconn_report, provisional, 53),
    AT(tcpconn_report, sure, 54),
    AT(tcpconn_report, id, 56),
    AT(tcpconn_report, reserved, 60),

    TYPE(tcpconn_endpoint_summary, 64),
    AT(tcpconn_endpoint_summary, iss, 0),
    AT(tcpconn_endpoint_summary, snd_una, 4),
    AT(tcpconn_endpoint_summary, snd_nxt, 8),
    AT(tcpconn_endpoint_summary, rcv_nxt, 12),
    AT(tcpconn_endpoint_summary, rcv_wnd, 16),
    AT(tcpconn_endpoint_summary, ts_recent, 20),
    AT(tcpconn_endpoint_summary, mss, 24),
    AT(tcpconn_endpoint_summary, offered, 26),
    AT(tcpconn_endpoint_summary, state, 28),
    AT(tcpconn_endpoint_summary, sure, 29),
    AT(tcpconn_endpoint_summary, flags, 30),
    AT(tcpconn_endpoint_summary, ttl, 31),
    AT(tcpconn_endpoint_summary, scale_low, 32),
    AT(tcpconn_endpoint_summary, scale_high, 33),
    AT(tcpconn_endpoint_summary, reserved0, 34),
    AT(tcpconn_endpoint_summary, sent, 40),
    AT(tcpconn_endpoint_summary, acked, 48),
    AT(tcpconn_endpoint_summary, reserved, 56),

    TYPE(tcpconn_analysis, 96),
    AT(tcpconn_analysis, flags, 0),
    AT(tcpconn_analysis, ack_rtt, 8),
    AT(tcpconn_analysis, rto, 16),
    AT(tcpconn_analysis, initial_rtt, 24),
    AT(tcpconn_analysis, bytes_in_flight, 32),
    AT(tcpconn_analysis, push_bytes, 36),
    AT(tcpconn_analysis, dup_ack_num, 40),
    AT(tcpconn_analysis, dup_ack_of, 44),
    AT(tcpconn_analysis, segment, 48),
    AT(tcpconn_analysis, dir, 52),
    AT(tcpconn_analysis, completeness, 53),
    AT(tcpconn_analysis, zeek_state, 54),
    AT(tcpconn_analysis, reserved0, 55),
    AT(tcpconn_analysis, window, 56),
    AT(tcpconn_analysis, reserved, 60),
    AT(tcpconn_analysis, history, 64),

    TYPE(tcpconn_summary, 160),
    AT(tcpconn_summary, tag, 0),
    AT(tcpconn_summary, last, 8),
    AT(tcpconn_summary, parts, 16),
    AT(tcpconn_summary, assumed, 20),
    AT(tcpconn_summary, why, 21),
    AT(tcpconn_summary, fastopen, 22),
    AT(tcpconn_summary, ecn, 23),
    AT(tcpconn_summary, syn_ecn, 24),
    AT(tcpconn_summary, timestamps, 25),
    AT(tcpconn_summary, sack, 26),
    AT(tcpconn_summary, wscale, 27),
    AT(tcpconn_summary, split, 28),
    AT(tcpconn_summary, reserved0, 29),
    AT(tcpconn_summary, ep, 32),

    TYPE(tcpconn_pool_stats, 32),
    AT(tcpconn_pool_stats, block_size, 0),
    AT(tcpconn_pool_stats, blocks, 4),
    AT(tcpconn_pool_stats, used, 8),
    AT(tcpconn_pool_stats, most_used, 12),
    AT(tcpconn_pool_stats, refused, 16),
    AT(tcpconn_pool_stats, reserved, 24),

    TYPE(tcpconn_stats, 456),
    AT(tcpconn_stats, segments, 0),
    AT(tcpconn_stats, bytes, 8),
    AT(tcpconn_stats, new_segments, 16),
    AT(tcpconn_stats, new_bytes, 24),
    AT(tcpconn_stats, resent_segments, 32),
    AT(tcpconn_stats, resent_bytes, 40),
    AT(tcpconn_stats, queued, 48),
    AT(tcpconn_stats, rejected, 56),
    AT(tcpconn_stats, malformed, 64),
    AT(tcpconn_stats, dropped, 72),
    AT(tcpconn_stats, captured_twice, 80),
    AT(tcpconn_stats, acks, 88),
    AT(tcpconn_stats, duplicate_acks, 96),
    AT(tcpconn_stats, challenge_acks, 104),
    AT(tcpconn_stats, keep_alives, 112),
    AT(tcpconn_stats, window_probes, 120),
    AT(tcpconn_stats, zero_windows, 128),
    AT(tcpconn_stats, icmp_errors, 136),
    AT(tcpconn_stats, path_mtu, 144),
    AT(tcpconn_stats, window_min, 148),
    AT(tcpconn_stats, window_max, 152),
    AT(tcpconn_stats, in_flight, 156),
    AT(tcpconn_stats, in_flight_max, 160),
    AT(tcpconn_stats, rtt_samples, 164),
    AT(tcpconn_stats, rtt_handshake, 168),
    AT(tcpconn_stats, rtt_min, 176),
    AT(tcpconn_stats, rtt_smoothed, 184),
    AT(tcpconn_stats, rtt_last, 192),
    AT(tcpconn_stats, checks, 200),

    TYPE(tcpconn_config, POINTER(10) + 32),
    AT(tcpconn_config, struct_size, 0),
    AT(tcpconn_config, flags, 4),
    AT(tcpconn_config, profile, 8),
    AT(tcpconn_config, overlap, 10),
    AT(tcpconn_config, delivery, 12),
    AT(tcpconn_config, midstream, 13),
    AT(tcpconn_config, urgent, 14),
    AT(tcpconn_config, vantage, 15),
    AT(tcpconn_config, msl, 16),
    AT(tcpconn_config, timeout, 24),
    AT(tcpconn_config, user, POINTER(0)),
    AT(tcpconn_config, on_state, POINTER(1)),
    AT(tcpconn_config, on_data, POINTER(2)),
    AT(tcpconn_config, on_gap, POINTER(3)),
    AT(tcpconn_config, on_overlap, POINTER(4)),
    AT(tcpconn_config, on_finding, POINTER(5)),
    AT(tcpconn_config, on_revise, POINTER(6)),
    AT(tcpconn_config, on_end, POINTER(7)),
    AT(tcpconn_config, pool, POINTER(8)),
    AT(tcpconn_config, events, POINTER(9)),
    AT(tcpconn_config, events_size, POINTER(10)),
    AT(tcpconn_config, events_capacity, POINTER(10) + 4),
    AT(tcpconn_config, depth, POINTER(10) + 8),
    AT(tcpconn_config, islands, POINTER(10) + 24),
    AT(tcpconn_config, keep, POINTER(10) + 28),
    TYPE(tcpseg_icmp, 16),
    AT(tcpseg_icmp, quoted, 0),
    AT(tcpseg_icmp, mtu, 4),
    AT(tcpseg_icmp, type, 8),
    AT(tcpseg_icmp, code, 9),
    AT(tcpseg_icmp, own_type, 10),
    AT(tcpseg_icmp, own_code, 11),
    AT(tcpseg_icmp, reserved, 12),
    TYPE(tcptable_tuple, 48),
    AT(tcptable_tuple, src, 0),
    AT(tcptable_tuple, dst, 16),
    AT(tcptable_tuple, src_port, 32),
    AT(tcptable_tuple, dst_port, 34),
    AT(tcptable_tuple, zone, 36),
    AT(tcptable_tuple, family, 40),
    AT(tcptable_tuple, reserved, 41),
    TYPE(tcptable_config, 48),
    AT(tcptable_config, struct_size, 0),
    AT(tcptable_config, connections, 4),
    AT(tcptable_config, ipv6, 8),
    AT(tcptable_config, half_open, 12),
    AT(tcptable_config, translations, 16),
    AT(tcptable_config, parts, 20),
    AT(tcptable_config, flags, 24),
    AT(tcptable_config, crowded, 28),
    AT(tcptable_config, seed, 32),
    TYPE(tcptable_packet, 96),
    AT(tcptable_packet, now, 0),
    AT(tcptable_packet, conn, 8),
    AT(tcptable_packet, result, 16),
    AT(tcptable_packet, flags, 20),
    AT(tcptable_packet, reserved, 24),
    AT(tcptable_packet, report, 32),
    TYPE(tcptable_stats, 272),
    AT(tcptable_stats, packets, 0),
    AT(tcptable_stats, verdicts, 8),
    AT(tcptable_stats, fragments, 72),
    AT(tcptable_stats, icmp, 80),
    AT(tcptable_stats, not_tcp, 88),
    AT(tcptable_stats, refused, 96),
    AT(tcptable_stats, begun, 104),
    AT(tcptable_stats, answered, 112),
    AT(tcptable_stats, ended, 120),
    AT(tcptable_stats, evicted, 184),
    AT(tcptable_stats, hurried, 224),
    AT(tcptable_stats, now, 232),
    AT(tcptable_stats, half_open, 252),
    AT(tcptable_stats, ipv6, 256),
    AT(tcptable_stats, translations, 260),
    AT(tcptable_stats, connections_max, 264),
    AT(tcptable_stats, half_open_max, 268),
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

/* Say what is wrong with a member; `expected` is where the last one ended. */
static int member_problems(const struct row *r, size_t expected)
{
    int problems = 0;

    if (r->offset != r->pinned)
        problems += printf("# %s.%s is at %zu, not at %zu\n", r->type,
                           r->member, r->offset, r->pinned) > 0;
    if (r->offset != expected)
        problems += printf("# before %s.%s: a hole or a member not listed\n",
                           r->type, r->member) > 0;
    if (r->offset % r->align != 0)
        problems +=
            printf("# %s.%s is not 8-byte aligned\n", r->type, r->member) > 0;
    return problems;
}

/* Check the structure whose rows start at `rows[i]`; return where the next one
 * starts. */
static int check_type(int i, int *problems)
{
    const struct row *type = &rows[i];
    size_t end = 0;

    for (i++; i < ROWS && rows[i].member != NULL; i++) {
        *problems += member_problems(&rows[i], end);
        end = rows[i].offset + rows[i].size;
    }
    if (type->size != type->pinned)
        *problems += printf("# %s has %zu bytes, not %zu\n", type->type,
                            type->size, type->pinned) > 0;
    if (end != type->size)
        *problems += printf("# %s: a hole or a member not listed at its end\n",
                            type->type) > 0;
    if (type->align > 8)
        *problems +=
            printf("# %s wants alignment %zu\n", type->type, type->align) > 0;
    return i;
}

int main(void)
{
    int types = 0, failures = 0;

    for (int i = 0; i < ROWS;) {
        const char *name = rows[i].type;
        int problems = 0;

        i = check_type(i, &problems);
        failures += problems != 0;
        printf("%sok %d - layout of %s\n", problems ? "not " : "", ++types,
               name);
    }
    printf("1..%d\n", types);
    return failures != 0;
}
