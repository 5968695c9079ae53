// The states of a connection, in Go with cgo. usage: follow CAPTURE
//
// A callback from C into Go is dear, and must be a function of the package that is
// exported: events are pulled. Memory is C's, as Go's may move and the environment holds
// pointers.
package main

// #include <stdlib.h>
// #include <tcpseg/tcpseg.h>
import "C"

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"unsafe"
)

const room = 64 // more events than one segment can cause

var ends = [2]string{"client", "server"}

func check(result C.int) {
	if result < 0 {
		log.Fatal(C.GoString(C.tcpseg_strerror(result)))
	}
}

func tell(env *C.tcpconn_env) {
	var e C.tcpconn_event
	for {
		got := C.tcpconn_next_event(env, &e, C.sizeof_tcpconn_event)
		check(got) // TCPSEG_ERR_FULL: the ring was too small
		if got == 0 {
			return
		}
		if e._type == C.TCPCONN_EV_STATE {
			inferred := map[bool]string{true: "", false: " (inferred)"}[e.sure == 1]
			fmt.Printf("    %s: %s -> %s%s\n", ends[e.endpoint], C.GoString(C.tcpconn_state_name(C.int(e.old_state))),
				C.GoString(C.tcpconn_state_name(C.int(e.new_state))), inferred)
		}
	}
}

func main() {
	if C.tcpseg_abi_sizeof(C.TCPSEG_TYPE_CONFIG) != C.sizeof_tcpconn_config ||
		C.tcpseg_abi_sizeof(C.TCPSEG_TYPE_SEGMENT) != C.sizeof_tcpseg ||
		C.tcpseg_abi_sizeof(C.TCPSEG_TYPE_EVENT) != C.sizeof_tcpconn_event {
		log.Fatal("built with other headers")
	}
	version := C.tcpseg_version()
	fmt.Printf("libtcpseg %d.%d.%d\n", version>>16, version>>8&255, version&255)
	config := (*C.tcpconn_config)(C.calloc(1, C.sizeof_tcpconn_config))
	defer C.free(unsafe.Pointer(config))
	C.tcpconn_config_default(config, C.sizeof_tcpconn_config)
	config.events = (*C.tcpconn_event)(C.calloc(room, C.sizeof_tcpconn_event))
	defer C.free(unsafe.Pointer(config.events))
	config.events_size, config.events_capacity = C.sizeof_tcpconn_event, room
	memory := C.calloc(1, C.TCPCONN_ENV_SIZE+C.TCPCONN_STORAGE_SIZE)
	defer C.free(memory)
	var env *C.tcpconn_env
	var conn *C.tcpconn
	check(C.tcpconn_env_init(memory, C.TCPCONN_ENV_SIZE, config, &env))
	check(C.tcpconn_init(unsafe.Add(memory, C.TCPCONN_ENV_SIZE), C.TCPCONN_STORAGE_SIZE, 0, &conn))

	capture, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var seg C.tcpseg
	var client C.uint16_t
	for at := 24; at < len(capture); { // seconds, nanoseconds, bytes captured and on the wire
		var head [4]uint32
		for i := range head {
			head[i] = binary.LittleEndian.Uint32(capture[at+4*i:])
		}
		check(C.tcpseg_parse_frame(&seg, nil, 0, C.TCPSEG_LINK_ETHERNET, 0,
			unsafe.Pointer(&capture[at+16]), C.size_t(head[2]), C.size_t(head[3])))
		at += 16 + int(head[2])
		if client == 0 {
			client = seg.src_port
		}
		dir, flags := 0, ""
		if seg.src_port != client {
			dir = 1
		}
		for i, name := range []string{"SYN ", "FIN ", "ACK "} {
			if seg.flags&[]C.uint16_t{C.TCPSEG_SYN, C.TCPSEG_FIN, C.TCPSEG_ACK}[i] != 0 {
				flags += name
			}
		}
		fmt.Printf("%s sends %s%d bytes\n", ends[dir], flags, seg.payload_len)
		check(C.tcpconn_feed(conn, env, C.int(dir), &seg, nil, C.uint64_t(head[0])*1e9+C.uint64_t(head[1]), nil))
		tell(env)
	}
	fmt.Println("ended:", C.GoString(C.tcpconn_end_name(C.tcpconn_end(conn, env, C.TCPCONN_END_CAPTURE))))
	short := C.tcpseg_parse(&seg, unsafe.Pointer(&capture[0]), 19, 19)
	fmt.Printf("caught %d: %s\n", int(short), C.GoString(C.tcpseg_strerror(short)))
}
