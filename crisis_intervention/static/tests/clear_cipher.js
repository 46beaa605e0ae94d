/**
 * Stands in tests for the cryptography of the browser, which Hoot replaces by one that forgets the
 * key: opens with the same key and the same additional data only.
 */
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const turned = (bytes) => Uint8Array.from(bytes, (byte) => byte ^ 0x55);
const label = ({ additionalData }, key) => `${String(key)}|${decoder.decode(additionalData)}|`;

export const clearCipher = {
    importKey: async (format, bytes) => bytes,
    encrypt: async (algorithm, key, data) =>
        turned(encoder.encode(label(algorithm, key) + decoder.decode(data))).buffer,
    async decrypt(algorithm, key, data) {
        const text = decoder.decode(turned(data));
        if (!text.startsWith(label(algorithm, key))) {
            throw new Error("does not open");
        }
        return encoder.encode(text.slice(label(algorithm, key).length)).buffer;
    },
};
