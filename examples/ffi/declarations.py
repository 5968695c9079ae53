#!/usr/bin/env python3
"""The library's headers without what only a C compiler reads: for cffi and LuaJIT.

usage: declarations.py DIRECTORY_OF_TCPSEG_H"""
import pathlib
import re
import sys


def declarations(directory):
    """All headers, in the order in which tcpseg.h includes them."""
    top = pathlib.Path(directory)
    names = re.findall(r'#include "(\w+\.h)"', (top / "tcpseg.h").read_text())
    text = "\n".join((top / name).read_text() for name in names)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    numbers = dict(re.findall(r"#define (\w+) (\d+)\n", text))
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.S)
    text = re.sub(r"^ *#.*\n", "", text, flags=re.M).replace("TCPSEG_API ", "")
    for name, number in numbers.items():
        text = re.sub(rf"\b{name}\b", number, text)
    return re.sub(r"\n\s*\n+", "\n", text)


if __name__ == "__main__":
    print(declarations(sys.argv[1]))
