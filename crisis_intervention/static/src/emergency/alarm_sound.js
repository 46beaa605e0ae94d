import { browser } from "@web/core/browser/browser";

const TONES = [880, 660];
const EVERY = 1200; // ms between two pairs of tones

/** Two tones again and again, made by the browser itself: no file to load when it counts. */
export class AlarmSound {
    constructor() {
        this.timer = null;
        this.context = null;
        this.onGesture = () => this.context?.resume();
    }

    get isOn() {
        return this.timer !== null;
    }

    start() {
        if (this.isOn) {
            return;
        }
        try {
            this.context = new window.AudioContext();
        } catch {
            this.context = null; // no sound here; the alarm still covers the screen
        }
        // browsers let sound begin with a touch only
        document.addEventListener("pointerdown", this.onGesture);
        const ring = () => {
            this.ring();
            this.timer = browser.setTimeout(ring, EVERY);
        };
        ring();
    }

    ring() {
        browser.navigator.vibrate?.([300, 150, 300]);
        if (this.context?.state !== "running") {
            return;
        }
        TONES.forEach((frequency, index) => {
            const begin = this.context.currentTime + index * 0.35;
            const tone = this.context.createOscillator();
            const volume = this.context.createGain();
            tone.frequency.value = frequency;
            volume.gain.setValueAtTime(0.4, begin);
            volume.gain.exponentialRampToValueAtTime(0.01, begin + 0.33);
            tone.connect(volume).connect(this.context.destination);
            tone.start(begin);
            tone.stop(begin + 0.34);
        });
    }

    stop() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        document.removeEventListener("pointerdown", this.onGesture);
        this.context?.close();
        this.context = null;
    }
}
