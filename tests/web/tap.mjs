// The Test Anything Protocol.
export class Tap {
    count = 0;
    failures = 0;

    /** Passed if find() has nothing to tell: null, or an empty string. */
    async check(name, find) {
        let problem;
        try {
            problem = await find();
        } catch (error) {
            problem = error.stack;
        }
        this.count++;
        console.log(`${problem ? 'not ok' : 'ok'} ${this.count} - ${name}`);
        if (!problem)
            return;
        this.failures++;
        console.log(String(problem).replace(/^/gm, '#   '));
    }

    finish() {
        console.log(`1..${this.count}`);
        process.exitCode = this.failures ? 1 : 0;
    }
}
