/* One option: what it is, and the cursor that steps over all of them. */
#include "option_int.h"

/* A cursor is a header offset, and two marks above any offset. */
enum { CURSOR_OFFSET = 0xff, CURSOR_PADDING = 0x100, CURSOR_END = 0x200 };

/* RFC 9768 section 3.2.3: an AccECN option of none to three whole counters is
 * complete; of any other length, what fills no counter is ignored. */
static bool accecn_partial(uint32_t data_len)
{
    return data_len % 3 != 0 || data_len > 9;
}

static struct option_reading read_experiment(const uint8_t *option,
                                             uint32_t len, bool syn)
{
    struct option_reading r = {
        bit64(TCPSEG_DEFECT_OPTION_EXPERIMENT), 0, 0, TCPSEG_OPTION_OK, 0, 0};
    const struct experiment *e;

    if (len < 4) {
        r.status = TCPSEG_OPTION_NO_EXID;
        r.defects |= bit64(TCPSEG_DEFECT_NO_EXID);
        return r;
    }
    e = tcpsegp_experiment(option, len);
    r.exid_len = e ? e->exid_len : 2;
    r.exid = e ? e->exid : load_be16(option + 2);
    if (!e) {
        r.status = TCPSEG_OPTION_RAW;
        r.defects |= bit64(TCPSEG_DEFECT_OPTION_UNKNOWN);
    } else if (!(e->lengths >> len & 1)) {
        r.status = TCPSEG_OPTION_BAD_LEN;
        r.defects |= bit64(TCPSEG_DEFECT_OPTION_BAD_LEN);
    } else {
        r.defects |= e->defects[syn];
        r.present = e->present;
        if (e->present == TCPSEG_HAS_ACCECN && accecn_partial(len - 4))
            r.defects |= bit64(TCPSEG_DEFECT_ACCECN_PARTIAL);
    }
    return r;
}

struct option_reading tcpsegp_option_read(const uint8_t *option, uint32_t len,
                                          bool syn)
{
    const struct option_kind *kind = kind_of(option[0]);
    struct option_reading r = {0, 0, 0, TCPSEG_OPTION_OK, 0, 0};

    if (kind->form == FORM_EXID)
        return read_experiment(option, len, syn);
    if (kind->form == FORM_MPTCP)
        r.status = tcpsegp_mptcp_status(option, len);
    else if (!(kind->lengths >> len & 1))
        r.status = TCPSEG_OPTION_BAD_LEN;
    else if (kind->raw)
        r.status = TCPSEG_OPTION_RAW;

    if (r.status == TCPSEG_OPTION_BAD_LEN) {
        r.defects = bit64(TCPSEG_DEFECT_OPTION_BAD_LEN);
        return r;
    }
    r.defects = kind->defects[syn];
    if (kind->form == FORM_MPTCP) {
        //@ assert the_subtype_is_there: len >= 3;
        r.subtype = option[2] >> 4;
        if (!tcpseg_mptcp_name(r.subtype))
            r.defects |= bit64(TCPSEG_DEFECT_OPTION_UNKNOWN);
    }
    if (kind->form == FORM_ACCECN && accecn_partial(len - 2))
        r.defects |= bit64(TCPSEG_DEFECT_ACCECN_PARTIAL);
    return r;
}

/* The bytes behind the end of the list, as one entry. */
static void padding_entry(tcpseg_option *out, const uint8_t *header,
                          uint32_t pos, uint32_t captured)
{
    out->len = out->data_len = (uint8_t)(captured - pos);
    out->status = TCPSEG_OPTION_PADDING;
    for (; pos < captured; pos++)
        if (header[pos])
            out->status = TCPSEG_OPTION_PADDING_NONZERO;
}

static void option_entry(tcpseg_option *out, const uint8_t *option,
                         uint32_t len)
{
    struct option_reading r = tcpsegp_option_read(option, len, false);

    out->status = r.status;
    out->exid = (uint16_t)(r.exid_len == 4 ? r.exid >> 16 : r.exid);
    out->data_len = (uint8_t)(len - 2 - r.exid_len);
}

int tcpseg_option_next(const tcpseg *seg, const void *data, uint32_t *cursor,
                       tcpseg_option *out)
{
    const uint8_t *header = data;
    uint32_t pos, end, captured, len;

    if (!seg || !data || !cursor || !out)
        return TCPSEG_ERR_ARG;
    memset(out, 0, sizeof *out);

    end = seg->data_offset < 15 ? seg->data_offset * 4u : LARGEST_HEADER;
    captured = seg->header_captured < end ? seg->header_captured : end;
    pos = *cursor ? *cursor & CURSOR_OFFSET : FIXED_HEADER;
    if (seg->error || *cursor & CURSOR_END || pos < FIXED_HEADER ||
        pos >= captured) {
        *cursor = CURSOR_END;
        return 0;
    }

    out->offset = (uint8_t)pos;
    if (*cursor & CURSOR_PADDING) {
        padding_entry(out, header, pos, captured);
        *cursor = CURSOR_END;
        return 1;
    }
    out->kind = header[pos];
    if (out->kind <= TCPSEG_KIND_NOP) {
        out->len = 1;
        *cursor = (pos + 1) | (out->kind ? 0u : (uint32_t)CURSOR_PADDING);
        return 1;
    }
    out->status = option_extent(header, pos, captured, end, &len);
    out->len = (uint8_t)len;
    *cursor = CURSOR_END;
    if (out->status == TCPSEG_OPTION_OK) {
        option_entry(out, header + pos, len);
        *cursor = pos + len;
    }
    return 1;
}

int tcpseg_option_put(void *area, size_t size, size_t used, unsigned kind,
                      const void *data, size_t data_len)
{
    uint8_t *p = area;
    size_t need = kind > TCPSEG_KIND_NOP ? 2 : 1;

    if (!area || (!data && data_len) || kind > 255 || (need == 1 && data_len))
        return TCPSEG_ERR_ARG;
    if (size > LARGEST_AREA)
        size = LARGEST_AREA;
    if (used > size || data_len > size || need + data_len > size - used)
        return TCPSEG_ERR_FULL;

    p[used] = (uint8_t)kind;
    if (need == 2)
        p[used + 1] = (uint8_t)(2 + data_len);
    if (data_len)
        memcpy(p + used + 2, data, data_len);
    return (int)(used + need + data_len);
}
