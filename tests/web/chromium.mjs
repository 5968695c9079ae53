// Chromium without a window, driven through a pipe by its DevTools protocol.
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';

const PATIENCE = 20000; // milliseconds

export class Chromium {
    /** @param program  the browser; @param profile  a directory of its own. */
    constructor(program, profile) {
        this.profile = profile;
        this.child = spawn(program, ['--headless=new', '--remote-debugging-pipe',
            // Its sandbox wants rights that not every machine gives; all it is shown
            // are this tree's own files.
            '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
            '--no-first-run', '--disable-extensions', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', '--hide-scrollbars',
            `--user-data-dir=${profile}`, 'about:blank'],
        { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
        this.errors = '';
        this.child.stderr.on('data', (data) => {
            this.errors = (this.errors + data).slice(-2000);
        });
        this.number = 0;
        this.waiting = new Map();
        this.listeners = [];
        this.rest = '';
        this.child.stdio[4].setEncoding('utf8');
        this.child.stdio[4].on('data', (data) => this.take(data));
        this.child.stdio[3].on('error', () => {});
        this.child.on('exit', () => this.fail('Chromium ended'));
        this.child.on('error', (error) => this.fail(error.message));
    }

    fail(why) {
        for (const { reject } of this.waiting.values())
            reject(new Error(`${why}\n${this.errors}`));
        this.waiting.clear();
    }

    take(data) {
        const parts = (this.rest + data).split('\0');
        this.rest = parts.pop();
        for (const part of parts) {
            const message = JSON.parse(part), wait = this.waiting.get(message.id);
            this.waiting.delete(message.id);
            if (message.error)
                wait?.reject(new Error(`${wait.method}: ${message.error.message}`));
            else if (wait)
                wait.resolve(message.result);
            else
                this.listeners.forEach((listen) => listen(message));
        }
    }

    send(method, params = {}) {
        const id = ++this.number;
        this.child.stdio[3].write(
            `${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.waiting.delete(id);
                reject(new Error(`${method}: no answer\n${this.errors}`));
            }, PATIENCE);
            const settle = (how) => (value) => {
                clearTimeout(timer);
                how(value);
            };
            this.waiting.set(id, { method, resolve: settle(resolve),
                reject: settle(reject) });
        });
    }

    /** A tab; hear(method, params) is told what happens in it. */
    async open(hear) {
        const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
        const { sessionId } = await this.send('Target.attachToTarget',
            { targetId, flatten: true });
        this.session = sessionId;
        this.listeners.push(({ method, params }) => hear(method, params));
        for (const domain of ['Page', 'Runtime', 'Log', 'Network', 'DOM'])
            await this.send(`${domain}.enable`);
    }

    async visit(url) {
        await this.send('Page.navigate', { url });
        await this.until('document.readyState === "complete"');
    }

    /** The value of an expression in the page. */
    async value(expression) {
        const { result, exceptionDetails } = await this.send('Runtime.evaluate',
            { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails)
            throw new Error(exceptionDetails.exception?.description ?? expression);
        return result.value;
    }

    async until(expression) {
        const end = Date.now() + PATIENCE;
        while (!await this.value(expression).catch(() => false)) {
            if (Date.now() > end)
                throw new Error(`never: ${expression}`);
            await new Promise((resolve) => {
                setTimeout(resolve, 30);
            });
        }
    }

    async giveFile(selector, file) {
        const { root } = await this.send('DOM.getDocument');
        const { nodeId } = await this.send('DOM.querySelector',
            { nodeId: root.nodeId, selector });
        await this.send('DOM.setFileInputFiles', { nodeId, files: [file] });
    }

    async dropFile(selector, file) {
        const { x, y } = await this.place(selector);
        const data = { items: [], files: [file], dragOperationsMask: 1 };
        for (const type of ['dragEnter', 'dragOver', 'drop'])
            await this.send('Input.dispatchDragEvent', { type, x, y, data });
    }

    /** The middle of an element, once it is in view. */
    place(selector) {
        return this.value(`(() => {
            const e = document.querySelector(${JSON.stringify(selector)});
            e.scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = e.getBoundingClientRect();
            return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        })()`);
    }

    async click(selector) {
        const { x, y } = await this.place(selector);
        for (const type of ['mousePressed', 'mouseReleased'])
            await this.send('Input.dispatchMouseEvent',
                { type, x, y, button: 'left', clickCount: 1 });
    }

    async key(key, code) {
        const text = key === 'Enter' ? '\r' : undefined;
        for (const type of ['keyDown', 'keyUp'])
            await this.send('Input.dispatchKeyEvent', { type, key, code: key, text,
                windowsVirtualKeyCode: code });
    }

    look(width, height, scheme) {
        return Promise.all([
            this.send('Emulation.setDeviceMetricsOverride',
                { width, height, deviceScaleFactor: 1, mobile: width < 600 }),
            this.send('Emulation.setEmulatedMedia', { features: [
                { name: 'prefers-color-scheme', value: scheme },
                { name: 'prefers-reduced-motion', value: 'reduce' }] }),
        ]);
    }

    /** The whole page as a PNG. */
    async picture() {
        const { data } = await this.send('Page.captureScreenshot',
            { format: 'png', captureBeyondViewport: true });
        return Buffer.from(data, 'base64');
    }

    async close() {
        const gone = new Promise((resolve) => {
            this.child.once('exit', resolve);
        });
        this.session = undefined;
        this.send('Browser.close').catch(() => {});
        const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
        await gone;
        clearTimeout(timer);
        await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }
}
