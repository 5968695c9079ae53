#!/usr/bin/env python3
"""whole.py ROW METRIC PACKETS COMMAND... - what a program needs to read a capture.

Processor time of the process and its children, in nanoseconds a packet, and the most
memory it had. Lines as the other benchmarks print them."""
import resource
import subprocess
import sys

row, metric, packets, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if done.returncode:
    sys.exit(f'{command[0]} ended with {done.returncode}')
print(f'{row}\t{metric}\t{(used.ru_utime + used.ru_stime) * 1e9 / packets:.1f}\tns/packet')
print(f'{row}\t{metric} memory\t{used.ru_maxrss}\tKiB')
