//! The states of a connection, in Rust with bindgen's bindings, generated from the headers.
//! usage: follow CAPTURE. Built by: bindgen tcpseg.h -o bindings.rs; BINDINGS=... rustc
#![allow(non_camel_case_types, non_upper_case_globals, dead_code)]
include!(env!("BINDINGS"));
use std::{ffi::CStr, mem::size_of, os::raw::{c_char, c_int, c_void}, ptr::{null, null_mut}};

const ENDS: [&str; 2] = ["client", "server"];

/// The library's strings are constant.
fn words(string: *const c_char) -> &'static str {
    unsafe { CStr::from_ptr(string) }.to_str().unwrap()
}

fn check(result: c_int) -> Result<c_int, &'static str> {
    if result < 0 { Err(words(unsafe { tcpseg_strerror(result) })) } else { Ok(result) }
}

/// Runs inside tcpconn_feed(). It must not unwind into C.
unsafe extern "C" fn on_state(_: *mut c_void, _: *mut tcpconn, event: *const tcpconn_event, _: *const c_void) {
    let e = &*event;
    let name = |state: u8| words(tcpconn_state_name(state.into()));
    println!("    {}: {} -> {}{}", ENDS[e.endpoint as usize], name(e.old_state), name(e.new_state),
        if e.sure == 1 { "" } else { " (inferred)" });
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let capture = std::fs::read(std::env::args().nth(1).ok_or("usage: follow CAPTURE")?)?;
    unsafe {
        assert_eq!(tcpseg_abi_sizeof(TCPSEG_TYPE_CONFIG as c_int), size_of::<tcpconn_config>());
        assert_eq!(tcpseg_abi_sizeof(TCPSEG_TYPE_SEGMENT as c_int), size_of::<tcpseg>());
        assert_eq!(tcpseg_abi_sizeof(TCPSEG_TYPE_EVENT as c_int), size_of::<tcpconn_event>());
        let version = tcpseg_version();
        println!("libtcpseg {}.{}.{}", version >> 16, version >> 8 & 255, version & 255);
        let mut config: tcpconn_config = std::mem::zeroed();
        tcpconn_config_default(&mut config, size_of::<tcpconn_config>());
        config.on_state = Some(on_state);
        // Neither may move while it is used: the environment holds pointers.
        let (mut env_memory, mut conn_memory): (tcpconn_env_storage, tcpconn_storage) = std::mem::zeroed();
        let (mut env, mut conn) = (null_mut(), null_mut());
        check(tcpconn_env_init(&mut env_memory as *mut _ as *mut c_void, size_of::<tcpconn_env_storage>(), &config, &mut env))?;
        check(tcpconn_init(&mut conn_memory as *mut _ as *mut c_void, size_of::<tcpconn_storage>(), 0, &mut conn))?;
        let (mut at, mut client, mut seg): (usize, u16, tcpseg) = (24, 0, std::mem::zeroed());
        while at < capture.len() { // seconds, nanoseconds, bytes captured and on the wire
            let head = |i: usize| u32::from_le_bytes(capture[at + 4 * i..at + 4 * i + 4].try_into().unwrap());
            let (now, captured) = (u64::from(head(0)) * 1_000_000_000 + u64::from(head(1)), head(2) as usize);
            check(tcpseg_parse_frame(&mut seg, null_mut(), 0, TCPSEG_LINK_ETHERNET as u32, 0,
                capture[at + 16..at + 16 + captured].as_ptr() as *const c_void, captured, head(3) as usize))?;
            at += 16 + captured;
            client = if client == 0 { seg.src_port } else { client };
            let dir = usize::from(seg.src_port != client);
            let flags: String = [(TCPSEG_SYN, "SYN "), (TCPSEG_FIN, "FIN "), (TCPSEG_ACK, "ACK ")].iter()
                .filter(|(bit, _)| u32::from(seg.flags) & *bit as u32 != 0).map(|(_, name)| *name).collect();
            println!("{} sends {}{} bytes", ENDS[dir], flags, seg.payload_len);
            check(tcpconn_feed(conn, env, dir as c_int, &seg, null(), now, null_mut()))?;
        }
        println!("ended: {}", words(tcpconn_end_name(tcpconn_end(conn, env, TCPCONN_END_CAPTURE as c_int))));
        let short = tcpseg_parse(&mut seg, capture.as_ptr() as *const c_void, 19, 19);
        println!("caught {}: {}", short, check(short).unwrap_err());
    }
    Ok(())
}
