// gopacket's DecodingLayerParser over the same capture files, with a driver of
// its own: Go cannot use main.c.
//
//	gopacket parse FILE hot|stream [RUNS]
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"sort"
	"strconv"
	"syscall"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

const hotFrames, hotRepeats = 2048, 50

type packet struct {
	data []byte
	l4   int
}

func load(name string) []packet {
	file, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var packets []packet
	for at := 24; at+16 <= len(file); {
		n := int(binary.LittleEndian.Uint32(file[at+8:]))
		if n > len(file)-at-16 {
			break
		}
		data := file[at+16 : at+16+n]
		packets = append(packets, packet{data, 14 + int(data[14]&15)*4})
		at += 16 + n
	}
	return packets
}

// All threads' time, so that the garbage collector's counts.
func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// fold_fields() of bench.h.
func fold(t *layers.TCP) uint64 {
	var tsval, tsecr, mss, wscale uint32
	for i := range t.Options {
		o := &t.Options[i]
		switch o.OptionType {
		case layers.TCPOptionKindMSS:
			mss = uint32(binary.BigEndian.Uint16(o.OptionData))
		case layers.TCPOptionKindWindowScale:
			wscale = uint32(o.OptionData[0])
		case layers.TCPOptionKindTimestamps:
			tsval = binary.BigEndian.Uint32(o.OptionData)
			tsecr = binary.BigEndian.Uint32(o.OptionData[4:])
		}
	}
	return (uint64(t.SrcPort)<<16 ^ uint64(t.DstPort)) + uint64(t.Seq)*3 +
		uint64(t.Ack)*5 + uint64(t.Contents[13])*7 + uint64(t.Window)*11 +
		uint64(tsval)*13 + uint64(tsecr)*17 + uint64(mss)*19 + uint64(wscale)*23
}

type feedback struct{}

func (feedback) SetTruncated() {}

func measure(name string, packets []packet, runs, repeats int, work func([]packet) uint64) {
	var times []float64
	digest := work(packets)
	for run := 0; run < runs; run++ {
		start := cpu()
		for i := 0; i < repeats; i++ {
			digest = work(packets)
		}
		times = append(times, float64(cpu()-start)/float64(len(packets))/float64(repeats))
	}
	sort.Float64s(times)
	fmt.Printf("gopacket\t%s\t%.2f\tns/packet\tdigest %016x\n", name, times[len(times)/2], digest)
}

func main() {
	if len(os.Args) < 4 || os.Args[1] != "parse" {
		fmt.Fprintln(os.Stderr, "usage: gopacket parse FILE hot|stream [RUNS]")
		os.Exit(2)
	}
	packets, how, runs, repeats := load(os.Args[2]), os.Args[3], 5, 1
	if len(os.Args) > 4 {
		runs, _ = strconv.Atoi(os.Args[4])
	}
	if how == "hot" {
		repeats = hotRepeats
		if middle := (len(packets) - hotFrames) / 2; middle > 0 {
			packets = packets[middle : middle+hotFrames]
		}
	}

	var eth layers.Ethernet
	var ip layers.IPv4
	var tcp layers.TCP
	var payload gopacket.Payload
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &ip, &tcp, &payload)
	parser.IgnoreUnsupported = true
	var decoded []gopacket.LayerType

	measure("tcp-"+how, packets, runs, repeats, func(packets []packet) uint64 {
		var sum uint64
		for i := range packets {
			if tcp.DecodeFromBytes(packets[i].data[packets[i].l4:], feedback{}) == nil {
				sum += fold(&tcp)
			}
		}
		return sum
	})
	measure("eth-"+how, packets, runs, repeats, func(packets []packet) uint64 {
		var sum uint64
		for i := range packets {
			if parser.DecodeLayers(packets[i].data, &decoded) == nil && len(decoded) >= 3 {
				sum += fold(&tcp)
			}
		}
		return sum
	})
}
