import { deserializeDateTime } from "@web/core/l10n/dates";

/** Returns the milliseconds of a moment as the server sends it (UTC). */
export function millis(moment) {
    return deserializeDateTime(moment).toMillis();
}

/** Returns the time of day, to the second, where the user is. */
export function localTime(moment) {
    return moment ? deserializeDateTime(moment).toFormat("HH:mm:ss") : "";
}

/** Returns a span as minutes and seconds, hours only when there are any: 4:05, 1:02:09. */
export function span(ms) {
    const total = Math.max(Math.floor(ms / 1000), 0);
    const [hours, minutes, seconds] = [
        Math.floor(total / 3600),
        Math.floor(total / 60) % 60,
        total % 60,
    ];
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}
