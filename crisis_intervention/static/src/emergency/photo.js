const LONGEST = 1600; // pixels
const QUALITY = 0.8;

/** Reads a file as base64, without the head of a data URL. */
function base64(blob) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1] || "");
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(blob);
    });
}

/** Returns a photo as base64, made smaller for a weak network, and without its GPS data. */
export async function shrunkPhoto(file) {
    try {
        const image = await createImageBitmap(file);
        const factor = Math.min(1, LONGEST / Math.max(image.width, image.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.round(image.width * factor);
        canvas.height = Math.round(image.height * factor);
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
        return base64(blob);
    } catch {
        return base64(file); // no picture for this browser: the server says what is wrong with it
    }
}
