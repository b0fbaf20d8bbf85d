#!/usr/bin/env python3
"""Runs `tix demo` and draws what it prints: docs/images/draw.py [TIX] >docs/images/demo.svg"""

import html
import re
import subprocess
import sys

COMMAND = ["demo", "--racers", "4"]
CHARACTER, LINE, MARGIN = 7.83, 18, 20
STYLES = [
    (r"^\d\. .*", "head"),
    (r"^ +\$ .*", "command"),
    (r"\bwon\b.*", "won"),
    (r"\bheld by .*", "held"),
    (r"^As promised.*", "won"),
]


def spans(line):
    for pattern, style in STYLES:
        found = re.search(pattern, line)
        if found:
            before, after = line[: found.start()], line[found.end() :]
            inside = f'<tspan class="{style}">{html.escape(found[0])}</tspan>'
            return html.escape(before) + inside + html.escape(after)
    return html.escape(line)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "tix"
    printed = subprocess.run([program, *COMMAND], capture_output=True, text=True, check=True).stdout
    lines = [f"$ tix {' '.join(COMMAND)}", "", *printed.splitlines()]
    width = round(max(map(len, lines)) * CHARACTER + 2 * MARGIN)
    height = len(lines) * LINE + 2 * MARGIN
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="Output of tix demo">\n'
        "<style>\n"
        "text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d0d7de; white-space: pre }\n"
        ".head { fill: #ffffff; font-weight: bold } .command { fill: #79c0ff }\n"
        ".won { fill: #56d364 } .held { fill: #ffa657 }\n"
        "</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>'
    )
    for number, line in enumerate(lines):
        if line:
            y = MARGIN + (number + 1) * LINE - 5
            length = f"{len(line) * CHARACTER:.1f}"
            print(f'<text x="{MARGIN}" y="{y}" textLength="{length}" xml:space="preserve">{spans(line)}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
