"""Splats to a screen's bytes as four CUDA kernels that need no answer from the host in between.

``project`` makes records and counts them per tile, ``reserve`` gives each tile a place for its
list, ``emit`` fills the lists in any order, ``blend`` sorts each tile's list by depth (ties by
number, so that the picture does not depend on the order they came in) and blends it. Formulas and
limits are those of ``cpu_projection`` and ``cpu_kernels``, which this is tested against.
"""

NAMES = ("project", "reserve", "emit", "blend")
TILE = 8
"""Pixels a side; a thread each. Small, so that a tile full of splats does not hold up the rest."""
THREADS = 128
LANES = 16
"""Threads that list the tiles of one splat."""
RECORD = 12  # floats

SOURCE = r"""
#define TILE 8
#define PIXELS 64
#define NEAR_KEYS 2048  // a list up to here is sorted in the multiprocessor's own memory
typedef unsigned long long Key;  // depth, then number

// Whether a splat shows in any pixel centre of a tile: the least sigma over the tile against that
// at which alpha falls under 1/255. Never inlined, so that counting and listing agree to the bit.
__device__ __noinline__ bool shows(float4 p, float4 o, int column, int row) {
    float left = column * TILE + 0.5f, right = left + (TILE - 1);
    float top = row * TILE + 0.5f, bottom = top + (TILE - 1);
    float least = 1e30f;
    float x = fminf(fmaxf(p.x, left), right), y = fminf(fmaxf(p.y, top), bottom);
    if (x == p.x && y == p.y) return true;
    // A centre outside: the nearest point, in the splat's own metric, is on an edge that faces it.
    if (x != p.x) {
        float dx = p.x - x, dy = p.y - fminf(fmaxf(p.y + 0.5f * p.w * dx / o.x, top), bottom);
        least = (p.z * dx + p.w * dy) * dx + o.x * dy * dy;
    }
    if (y != p.y) {
        float dy = p.y - y, dx = p.x - fminf(fmaxf(p.x + 0.5f * p.w * dy / p.z, left), right);
        least = fminf(least, (p.z * dx + p.w * dy) * dx + o.x * dy * dy);
    }
    return least <= logf(o.y * 255.f) + 1e-2f;
}

// Centre, shape and box of one splat as ``project`` keeps them; false where nothing is drawn.
__device__ inline bool placed(
    const float* camera, const float* m, const float* q, const float* scales, float opacity,
    const float* colors, int width, int height, float nearest, float farthest, float4& centre,
    float4& shape, float& blue, float& depth, ushort4& box)
{
    const float* v = camera;
    float x = v[0] * m[0] + v[1] * m[1] + v[2] * m[2] + v[3];
    float y = v[4] * m[0] + v[5] * m[1] + v[6] * m[2] + v[7];
    float z = depth = v[8] * m[0] + v[9] * m[1] + v[10] * m[2] + v[11];
    if (!(z >= nearest && z <= farthest) || !(opacity >= 1.f / 255.f)) return false;
    float fx = camera[16], cx = camera[18], fy = camera[20], cy = camera[21];
    float n = rsqrtf(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    float w = q[0] * n, a = q[1] * n, b = q[2] * n, c = q[3] * n;
    float r[9] = {1 - 2 * (b * b + c * c), 2 * (a * b - w * c), 2 * (a * c + w * b),
                  2 * (a * b + w * c), 1 - 2 * (a * a + c * c), 2 * (b * c - w * a),
                  2 * (a * c - w * b), 2 * (b * c + w * a), 1 - 2 * (a * a + b * b)};
    float inverse = 1.f / z;
    float margin_x = 0.15f * width / fx, margin_y = 0.15f * height / fy;
    float slope_x = fminf((width - cx) / fx + margin_x, fmaxf(-cx / fx - margin_x, x * inverse));
    float slope_y = fminf((height - cy) / fy + margin_y, fmaxf(-cy / fy - margin_y, y * inverse));
    float xx = 0.3f, xy = 0.f, yy = 0.3f;
    for (int j = 0; j < 3; ++j) {
        float s = scales[j];
        float t0 = (v[0] * r[j] + v[1] * r[3 + j] + v[2] * r[6 + j]) * s;
        float t1 = (v[4] * r[j] + v[5] * r[3 + j] + v[6] * r[6 + j]) * s;
        float t2 = (v[8] * r[j] + v[9] * r[3 + j] + v[10] * r[6 + j]) * s;
        float ix = fx * inverse * (t0 - slope_x * t2), iy = fy * inverse * (t1 - slope_y * t2);
        xx += ix * ix; xy += ix * iy; yy += iy * iy;
    }
    float determinant = xx * yy - xy * xy;
    float red = colors[0], green = colors[1];
    blue = colors[2];
    if (!(determinant > 0.f) || !isfinite(red + green + blue)) return false;
    float px = fx * x * inverse + cx, py = fy * y * inverse + cy;
    float reach = 2.f * logf(opacity * 255.f);
    float half_x = sqrtf(reach * xx), half_y = sqrtf(reach * yy);
    // Clamped while still float: a splat far outside would overflow an integer.
    float left = fminf(fmaxf(ceilf(px - half_x - 0.5f), 0.f), (float) width);
    float right = fminf(fmaxf(floorf(px + half_x - 0.5f) + 1.f, 0.f), (float) width);
    float top = fminf(fmaxf(ceilf(py - half_y - 0.5f), 0.f), (float) height);
    float bottom = fminf(fmaxf(floorf(py + half_y - 0.5f) + 1.f, 0.f), (float) height);
    if (!(right > left && bottom > top)) return false;
    box = make_ushort4((int) left / TILE, ((int) right - 1) / TILE + 1,
                       (int) top / TILE, ((int) bottom - 1) / TILE + 1);
    centre = make_float4(px, py, 0.5f * yy / determinant, -xy / determinant);
    shape = make_float4(0.5f * xx / determinant, opacity, red, green);
    return true;
}

template <typename T> __device__ inline T of_lane(T value, int lane) {
    return __shfl_sync(0xffffffffu, value, lane);
}

// One thread per splat; a warp counts the tiles of its 32 splats together. camera: world to camera
// [4, 4], intrinsics [3, 3], row by row.
// records [N, 3] of (x, y, a / 2, b), (c / 2, opacity, red, green), (blue, depth, -, -);
// boxes [N]: first and one past last column and row of tiles, empty where nothing is drawn.
extern "C" __global__ void project(
    const float* camera, const float* means, const float* quats, const float* scales,
    const float* opacities, const float* colors, int N, int width, int height, int columns,
    int rows, float nearest, float farthest, float4* records, ushort4* boxes, int* counts)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    ushort4 box = make_ushort4(0, 0, 0, 0);
    float4 p = make_float4(0.f, 0.f, 0.f, 0.f), o = p;
    if (i < N) {
        float depth, blue;
        if (placed(camera, means + 3 * i, quats + 4 * i, scales + 3 * i, opacities[i],
                   colors + 3 * i, width, height, nearest, farthest, p, o, blue, depth, box)) {
            records[3 * i] = p;
            records[3 * i + 1] = o;
            records[3 * i + 2] = make_float4(blue, depth, 0.f, 0.f);
        }
        boxes[i] = box;
    }
    unsigned drawn = __ballot_sync(0xffffffffu, box.y > box.x);
    for (int lane = threadIdx.x % 32; drawn; drawn &= drawn - 1) {
        int from = __ffs(drawn) - 1;
        float4 q = make_float4(of_lane(p.x, from), of_lane(p.y, from), of_lane(p.z, from),
                               of_lane(p.w, from));
        float4 r = make_float4(of_lane(o.x, from), of_lane(o.y, from), 0.f, 0.f);
        int left = of_lane((int) box.x, from), top = of_lane((int) box.z, from);
        int across = of_lane((int) box.y, from) - left, down = of_lane((int) box.w, from) - top;
        for (int t = lane; t < across * down; t += 32) {
            int column = left + t % across, row = top + t / across;
            if (shows(q, r, column, row)) atomicAdd(counts + row * columns + column, 1);
        }
    }
}

// One thread per tile; a multiple of 32 are started. The lists lie in no particular order.
extern "C" __global__ void reserve(const int* counts, int tiles, int* starts, int* cursors,
                                   int* total)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    int count = t < tiles ? counts[t] : 0, sum = count;
    for (int step = 1; step < 32; step *= 2) {
        int below = __shfl_up_sync(0xffffffffu, sum, step);
        if (lane >= step) sum += below;
    }
    int base = 0;
    if (lane == 31 && sum > 0) base = atomicAdd(total, sum);
    base = __shfl_sync(0xffffffffu, base, 31);
    if (t < tiles) starts[t] = cursors[t] = base + sum - count;
}

// Sixteen threads per splat.
extern "C" __global__ void emit(const float4* records, const ushort4* boxes, int N, int columns,
                                int room, int* cursors, Key* lists)
{
    int i = (blockIdx.x * blockDim.x + threadIdx.x) / 16;
    if (i >= N) return;
    ushort4 box = boxes[i];
    if (box.y <= box.x) return;
    float4 p = records[3 * i], o = records[3 * i + 1];
    // Depths are positive, and positive floats order like their bits.
    Key key = (Key) __float_as_uint(records[3 * i + 2].y) << 32 | (unsigned) i;
    int across = box.y - box.x, down = box.w - box.z;
    for (int t = threadIdx.x % 16; t < across * down; t += 16) {
        int column = box.x + t % across, row = box.z + t / across;
        if (!shows(p, o, column, row)) continue;
        int place = atomicAdd(cursors + row * columns + column, 1);
        if (place < room) lists[place] = key;
    }
}

__device__ inline void order(Key* keys, int i, int j) {
    Key first = keys[i], second = keys[j];
    if (second < first) { keys[i] = second; keys[j] = first; }
}

// A bitonic network in which every step puts the smaller key first, so that what would lie beyond
// the end may be left out (Batcher 1968). All threads of the block.
__device__ void sorted(Key* keys, int count) {
    int size = 1;
    while (size < count) size *= 2;
    for (int block = 2; block <= size; block *= 2) {
        int half = block / 2;
        for (int t = threadIdx.x; t < size / 2; t += PIXELS) {
            int start = t / half * block, offset = t % half;
            if (start + block - 1 - offset < count)
                order(keys, start + offset, start + block - 1 - offset);
        }
        __syncthreads();
        for (int step = half / 2; step > 0; step /= 2) {
            for (int t = threadIdx.x; t < size / 2; t += PIXELS) {
                int i = t / step * 2 * step + t % step;
                if (i + step < count) order(keys, i, i + step);
            }
            __syncthreads();
        }
    }
}

__device__ inline unsigned byte_of(float value) {
    return (unsigned) (fminf(fmaxf(value, 0.f), 1.f) * 255.f + 0.5f);
}

// One block per tile, one thread per pixel.
extern "C" __global__ void __launch_bounds__(PIXELS) blend(
    const float4* records, int* counts, const int* starts, Key* lists, int room, int width,
    int height, int columns, int opaque, float red, float green, float blue, int* total,
    int* said, unsigned* out)
{
    __shared__ Key near_keys[NEAR_KEYS];
    __shared__ float4 batch[3][PIXELS];
    int tile = blockIdx.x, t = threadIdx.x;
    int count = counts[tile], start = starts[tile];
    if (start + count > room) count = 0;  // the host sees that room was short, and draws again
    Key* keys = lists + start;
    if (count <= NEAR_KEYS) {
        for (int i = t; i < count; i += PIXELS) near_keys[i] = keys[i];
        keys = near_keys;
    }
    __syncthreads();
    if (t == 0) {
        counts[tile] = 0;  // for the next picture
        if (tile == 0) { *said = *total; *total = 0; }
    }
    sorted(keys, count);
    int x = tile % columns * TILE + t % TILE, y = tile / columns * TILE + t / TILE;
    float at_x = x + 0.5f, at_y = y + 0.5f;
    float light = 1.f, r = 0.f, g = 0.f, b = 0.f;
    bool inside = x < width && y < height, ended = !inside;
    for (int first = 0; first < count; first += PIXELS) {
        if (__syncthreads_and(ended)) break;
        int here = min(PIXELS, count - first);
        if (t < here) {
            const float4* record = records + 3ll * (unsigned) keys[first + t];
            for (int k = 0; k < 3; ++k) batch[k][t] = record[k];
        }
        __syncthreads();
        // No branches: the alphas of several splats are worked out while one is blended.
        #pragma unroll 8
        for (int k = 0; k < here; ++k) {
            float4 p = batch[0][k], o = batch[1][k];
            float dx = p.x - at_x, dy = p.y - at_y;
            float sigma = (p.z * dx + p.w * dy) * dx + o.x * dy * dy;
            float alpha = fminf(0.999f, o.y * __expf(-sigma));
            bool hit = sigma >= 0.f && alpha >= 1.f / 255.f && !ended;
            float left = light * (1.f - alpha);
            ended = ended || (hit && left <= 1e-4f);
            hit = hit && !ended;
            float weight = hit ? alpha * light : 0.f;
            r += weight * o.z; g += weight * o.w; b += weight * batch[2][k].x;
            light = hit ? left : light;
        }
    }
    if (!inside) return;
    float solid = 1.f - light;
    if (opaque) {
        r += light * red; g += light * green; b += light * blue;
        solid = 1.f;
    } else {
        float s = solid > 0.f ? 1.f / solid : 0.f;
        r *= s; g *= s; b *= s;
    }
    out[(long long) y * width + x] =
        byte_of(r) | byte_of(g) << 8 | byte_of(b) << 16 | byte_of(solid) << 24;
}
"""
