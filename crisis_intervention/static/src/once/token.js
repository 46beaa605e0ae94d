/** A name for one request, so that the server knows it again when it is repeated. */
export function newToken() {
    const numbers = crypto.getRandomValues(new Uint8Array(16));
    return [...numbers].map((number) => number.toString(16).padStart(2, "0")).join("");
}
