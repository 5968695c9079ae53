-- The states of a connection, in LuaJIT, which reads the library's own headers.
-- usage: luajit follow.lua LIBRARY CAPTURE DECLARATIONS, the latter made by declarations.py
--
-- A callback from C into LuaJIT is slow, and there are few of them: events are pulled.
local ffi = require("ffi")
ffi.cdef(io.open(arg[3]):read("*a"))
local lib = ffi.load(arg[1])
local ENDS = { [0] = "client", "server" }

for number, name in pairs({ [lib.TCPSEG_TYPE_SEGMENT] = "tcpseg",
    [lib.TCPSEG_TYPE_EVENT] = "tcpconn_event", [lib.TCPSEG_TYPE_CONFIG] = "tcpconn_config" }) do
    assert(lib.tcpseg_abi_sizeof(number) == ffi.sizeof(name), name)
end
local function words(string) return ffi.string(string) end
local function check(result)
    if result < 0 then error(words(lib.tcpseg_strerror(result))) end
    return result
end

local version = lib.tcpseg_version()
print(("libtcpseg %d.%d.%d"):format(bit.rshift(version, 16), bit.band(bit.rshift(version, 8), 255),
    bit.band(version, 255)))
local ROOM = 64 -- more events than one segment can cause
local events = ffi.new("tcpconn_event[?]", ROOM) -- kept as long as the environment
local config = ffi.new("tcpconn_config")
lib.tcpconn_config_default(config, ffi.sizeof(config))
config.events, config.events_size, config.events_capacity = events, ffi.sizeof("tcpconn_event"), ROOM
local env_memory, conn_memory = ffi.new("tcpconn_env_storage"), ffi.new("tcpconn_storage")
local env, conn = ffi.new("tcpconn_env *[1]"), ffi.new("tcpconn *[1]")
check(lib.tcpconn_env_init(env_memory, ffi.sizeof(env_memory), config, env))
check(lib.tcpconn_init(conn_memory, ffi.sizeof(conn_memory), 0, conn))

local function tell()
    local event = ffi.new("tcpconn_event")
    while check(lib.tcpconn_next_event(env[0], event, ffi.sizeof(event))) == 1 do
        if event.type == lib.TCPCONN_EV_STATE then
            print(("    %s: %s -> %s%s"):format(ENDS[event.endpoint],
                words(lib.tcpconn_state_name(event.old_state)),
                words(lib.tcpconn_state_name(event.new_state)),
                event.sure == 1 and "" or " (inferred)"))
        end
    end
end

local capture, at, client = io.open(arg[2], "rb"):read("*a"), 24, nil
local seg, frame = ffi.new("tcpseg"), nil
while at < #capture do -- seconds, nanoseconds, bytes captured and on the wire
    local head = ffi.cast("const uint32_t *", ffi.cast("const char *", capture) + at)
    frame = capture:sub(at + 17, at + 16 + head[2])
    check(lib.tcpseg_parse_frame(seg, nil, 0, lib.TCPSEG_LINK_ETHERNET, 0, frame, head[2], head[3]))
    client = client or seg.src_port
    local dir, flags = seg.src_port == client and 0 or 1, ""
    for _, name in ipairs({ "SYN", "FIN", "ACK" }) do
        if bit.band(seg.flags, lib["TCPSEG_" .. name]) ~= 0 then flags = flags .. name .. " " end
    end
    print(("%s sends %s%d bytes"):format(ENDS[dir], flags, seg.payload_len))
    check(lib.tcpconn_feed(conn[0], env[0], dir, seg, nil, head[0] * 1000000000ULL + head[1], nil))
    tell()
    at = at + 16 + head[2]
end
print("ended: " .. words(lib.tcpconn_end_name(lib.tcpconn_end(conn[0], env[0], lib.TCPCONN_END_CAPTURE))))
local error_number = lib.tcpseg_parse(seg, frame, 19, 19)
print(("caught %d: %s"):format(error_number, words(lib.tcpseg_strerror(error_number))))
