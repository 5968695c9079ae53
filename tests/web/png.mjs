// A screenshot's pixels: PNG of 8 bits a color, as browsers make them.
import { inflateSync } from 'node:zlib';

function paeth(a, b, c) {
    const [x, y, z] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
    return x <= y && x <= z ? a : y <= z ? b : c;
}

function predict(filter, left, up, corner) {
    return [0, left, up, left + up >> 1, paeth(left, up, corner)][filter];
}

/** {width, height, count(red, green, blue): pixels of just that color}. */
export function readPng(file) {
    const parts = [];
    for (let at = 8; at < file.length;) {
        const length = file.readUInt32BE(at);
        if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
            parts.push(file.subarray(at + 8, at + 8 + length));
        at += 12 + length;
    }
    const width = file.readUInt32BE(16), height = file.readUInt32BE(20);
    const bytes = { 2: 3, 6: 4 }[file[25]]; // of a pixel
    if (file[24] !== 8 || !bytes || file[28])
        throw new Error('a PNG of another kind');
    const row = width * bytes, data = inflateSync(Buffer.concat(parts));
    const pixels = new Uint8Array(row * height);
    for (let y = 0; y < height; y++) {
        const filter = data[y * (row + 1)];
        for (let x = 0; x < row; x++) {
            const at = y * row + x;
            const left = x >= bytes ? pixels[at - bytes] : 0, up = y ? pixels[at - row] : 0;
            const corner = x >= bytes && y ? pixels[at - row - bytes] : 0;
            pixels[at] = data[y * (row + 1) + 1 + x] + predict(filter, left, up, corner);
        }
    }
    return { width, height, count(red, green, blue) {
        let n = 0;
        for (let at = 0; at < pixels.length; at += bytes)
            n += pixels[at] === red && pixels[at + 1] === green && pixels[at + 2] === blue;
        return n;
    } };
}
