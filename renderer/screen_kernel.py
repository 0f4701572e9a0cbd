"""The last step on the GPU as one kernel: a float picture to the bytes that a screen takes."""

NAMES = ("to_screen",)
THREADS = 256

SOURCE = r"""
__device__ inline unsigned byte_of(float value) {
    return (unsigned) fminf(fmaxf(value * 255.f + 0.5f, 0.f), 255.f);
}

// rgb [P, 3] times alpha, alpha [P]; over a colour where opaque, else alpha straight. out [P, 4].
extern "C" __global__ void to_screen(
    const float* rgb, const float* alpha, int P, int opaque, float red, float green, float blue,
    unsigned* out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= P) return;
    float a = alpha[i], r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
    if (opaque) {
        r += (1.f - a) * red; g += (1.f - a) * green; b += (1.f - a) * blue;
        a = 1.f;
    } else {
        float s = 1.f / fmaxf(a, 1e-10f);
        r *= s; g *= s; b *= s;
    }
    out[i] = byte_of(r) | byte_of(g) << 8 | byte_of(b) << 16 | byte_of(a) << 24;
}
"""
