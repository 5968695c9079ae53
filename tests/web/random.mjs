// Random numbers that are the same each time: xorshift32.
export class Random {
    constructor(seed) {
        this.state = seed;
    }

    next() {
        this.state ^= this.state << 13;
        this.state ^= this.state >>> 17;
        this.state ^= this.state << 5;
        return this.state >>> 0;
    }

    /** 0 to most - 1. */
    below(most) {
        return Math.floor(this.next() / 2 ** 32 * most);
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    bytes(n) {
        return Uint8Array.from({ length: n }, () => this.below(256));
    }
}
