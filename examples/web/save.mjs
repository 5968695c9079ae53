// A picture as a file of its own, with its colors in it: on white paper, as it is to be
// printed or pasted.

import { WIDE, drawDiagram } from './svg.mjs';

const STYLE = `text{font:12px 'DejaVu Sans','Liberation Sans',Helvetica,Arial,sans-serif;
fill:#111}.n{font-weight:bold}.t{font-size:11px;fill:#555}.k{font-size:11px}
.note{font-size:11px;font-style:italic}.w{stroke:#111;stroke-width:1.4;fill:none}
.again{stroke:#0072b2;stroke-dasharray:6 4}.lost,.refused{stroke:#d55e00}
.cross{stroke-dasharray:none;stroke-width:2.4}.fill-again{fill:#0072b2}
.fill-lost,.fill-refused{fill:#d55e00}
.gap{stroke:#999;stroke-dasharray:2 4;stroke-width:1.2}.paper{fill:#fff}
.waiting{fill:#f5e4ee;stroke:#555;stroke-dasharray:3 3}
.band{stroke:#555;stroke-width:.6}.closed{fill:#d9d9d9}.listen{fill:#f0f0f0}
.opening{fill:#f0e442}.open{fill:#009e73}.closing{fill:#56b4e9}.last{fill:#0072b2}
.wait{fill:#cc79a7}`;

const ESCAPES = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };

const escaped = (words) => String(words).replace(/[<>&"]/g, (c) => ESCAPES[c])
    .replace(/[^ -~]/g, (c) => `&#${c.codePointAt(0)};`);

function tag({ name, attributes, words }) {
    const list = Object.entries(attributes).map(([key, value]) =>
        ` ${key}="${escaped(value)}"`).join('');
    return words === undefined ? `<${name}${list}/>`
        : `<${name}${list}>${escaped(words)}</${name}>`;
}

/** A whole diagram as the text of an SVG file. */
export function svgFile(library, diagram) {
    const { elements, width, height } = drawDiagram(library, diagram, WIDE);
    return ['<?xml version="1.0" encoding="UTF-8"?>',
        `<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="${width}" ` +
            `height="${height}" viewBox="0 0 ${width} ${height}">`,
        '<title>A TCP connection: segments and states</title>',
        `<style>${STYLE}</style>`, '<rect width="100%" height="100%" fill="#fff"/>',
        ...elements.map(tag), '</svg>', ''].join('\n');
}
