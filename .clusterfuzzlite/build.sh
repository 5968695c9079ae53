#!/bin/bash -eu
# What OSS-Fuzz and ClusterFuzzLite run in their image. CC, CXX, CFLAGS, CXXFLAGS,
# LIB_FUZZING_ENGINE, OUT and SRC come from there and are all that is used.
exec "$SRC/tcpseg/fuzz/ossfuzz.sh"
