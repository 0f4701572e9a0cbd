"""Posing as four CUDA kernels: joints, vertices, frames along the skin, splats.

What they compute is written out readably in ``avatars.head.skinning``, ``avatars.kinds.binding``
and ``UvAvatar.splats``; here the same is done with each value read once and no step stored that
the next one can work out itself.
"""

NAMES = ("joints", "vertices", "frames", "splats")
JOINT_THREADS = 256
VERTICES_PER_BLOCK = 32
SLICES = 8
"""Threads that share the sum over the basis of one coordinate."""
THREADS = 128
LANES = 8
"""Threads that share the rings around one texture coordinate."""

SOURCE = r"""
struct V3 { float x, y, z; };
struct Q { float w, x, y, z; };

__device__ inline V3 v3(float x, float y, float z) { V3 r; r.x = x; r.y = y; r.z = z; return r; }
__device__ inline V3 at(const float* p, int i) { return v3(p[3 * i], p[3 * i + 1], p[3 * i + 2]); }
__device__ inline V3 operator+(V3 a, V3 b) { return v3(a.x + b.x, a.y + b.y, a.z + b.z); }
__device__ inline V3 operator-(V3 a, V3 b) { return v3(a.x - b.x, a.y - b.y, a.z - b.z); }
__device__ inline V3 operator*(V3 a, float s) { return v3(a.x * s, a.y * s, a.z * s); }
__device__ inline float dot(V3 a, V3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
__device__ inline V3 cross(V3 a, V3 b) {
    return v3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}
__device__ inline V3 unit(V3 a) { return a * (1.f / fmaxf(sqrtf(dot(a, a)), 1e-12f)); }
__device__ inline Q unit(Q q) {
    float s = 1.f / fmaxf(sqrtf(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z), 1e-12f);
    q.w *= s; q.x *= s; q.y *= s; q.z *= s;
    return q;
}
__device__ inline V3 rotate(Q q, V3 v) {
    V3 axis = v3(q.x, q.y, q.z);
    V3 twice = cross(axis, v) * 2.f;
    return v + twice * q.w + cross(axis, twice);
}
__device__ inline Q times(Q a, Q b) {
    Q r;
    r.w = a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z;
    r.x = a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y;
    r.y = a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x;
    r.z = a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w;
    return r;
}

// One block. given: expression [E], poses [J, 3], translation [3], eyelids [2], in the host's
// memory, so each number is fetched once. coefficients [E (+ 9 (J - 1)) (+ 2)]; rigid [J, 12]:
// rotation row by row, then translation.
extern "C" __global__ void joints(
    const float* given, const float* rest, const float* by_expression, const int* parents,
    int E, int J, int correctives, int eyelids, float* coefficients, float* rigid)
{
    __shared__ float turns[16][9], spins[16][9], spots[48], places[48], sums[256], near[1024];
    int t = threadIdx.x, length = E + 3 * J + 5;
    for (int i = t; i < length && i < 1024; i += blockDim.x) near[i] = given[i];
    __syncthreads();
    const float* state = length <= 1024 ? near : given;
    const float* poses = state + E;
    const float* transl = poses + 3 * J;
    if (t < J) {
        V3 v = at(poses, t);
        float angle = sqrtf((v.x + 1e-8f) * (v.x + 1e-8f) + (v.y + 1e-8f) * (v.y + 1e-8f)
                            + (v.z + 1e-8f) * (v.z + 1e-8f));
        float x = v.x / angle, y = v.y / angle, z = v.z / angle;
        float s = sinf(angle), c = 1.f - cosf(angle);
        float* m = turns[t];
        m[0] = 1.f - c * (y * y + z * z); m[1] = c * x * y - s * z; m[2] = c * x * z + s * y;
        m[3] = c * x * y + s * z; m[4] = 1.f - c * (x * x + z * z); m[5] = c * y * z - s * x;
        m[6] = c * x * z - s * y; m[7] = c * y * z + s * x; m[8] = 1.f - c * (x * x + y * y);
    }
    for (int e = t; e < E; e += blockDim.x) coefficients[e] = state[e];
    // Joints move with the expression: 16 threads share each of the 3 J sums.
    int lane = t % 16;
    for (int first = 0; first < 3 * J; first += 16) {
        int k = first + t / 16;
        float sum = 0.f;
        if (k < 3 * J)
            for (int e = lane; e < E; e += 16) sum += state[e] * by_expression[e * 3 * J + k];
        sums[t] = sum;
        __syncthreads();
        if (lane == 0 && k < 3 * J) {
            float total = rest[k];
            for (int i = 0; i < 16; ++i) total += sums[t + i];
            spots[k] = total;
        }
        __syncthreads();
    }
    int used = E;
    if (correctives) {
        for (int i = t; i < 9 * (J - 1); i += blockDim.x)
            coefficients[E + i] = turns[1 + i / 9][i % 9] - (i % 9 % 4 == 0 ? 1.f : 0.f);
        used += 9 * (J - 1);
    }
    if (eyelids && t < 2) coefficients[used + t] = transl[3 + t];
    if (t != 0) return;
    for (int j = 0; j < J; ++j) {
        int p = parents[j];
        V3 here = at(spots, j);
        if (p < 0) {
            for (int i = 0; i < 9; ++i) spins[j][i] = turns[j][i];
            for (int i = 0; i < 3; ++i) places[3 * j + i] = spots[3 * j + i];
        } else {
            V3 arm = here - at(spots, p);
            for (int r = 0; r < 3; ++r) {
                const float* row = spins[p] + 3 * r;
                for (int c = 0; c < 3; ++c)
                    spins[j][3 * r + c] = row[0] * turns[j][c] + row[1] * turns[j][3 + c]
                                          + row[2] * turns[j][6 + c];
                places[3 * j + r] =
                    row[0] * arm.x + row[1] * arm.y + row[2] * arm.z + places[3 * p + r];
            }
        }
        for (int r = 0; r < 3; ++r) {
            const float* row = spins[j] + 3 * r;
            for (int c = 0; c < 3; ++c) rigid[12 * j + 3 * r + c] = row[c];
            rigid[12 * j + 9 + r] = places[3 * j + r]
                - (row[0] * here.x + row[1] * here.y + row[2] * here.z) + transl[r];
        }
    }
}

// 32 vertices a block, threads (96 coordinates, 8 slices of the basis). basis [M, 3 V].
extern "C" __global__ void vertices(
    const float* shaped, const float* basis, const float* coefficients, const float* weights,
    const float* rigid, int V, int M, int J, float* posed)
{
    __shared__ float parts[8][96], rest[96], bones[192];
    int x = threadIdx.x, slice = threadIdx.y;
    long long coordinate = 96ll * blockIdx.x + x;
    bool inside = coordinate < 3ll * V;
    float sum = 0.f;
    if (inside)
        for (int m = slice; m < M; m += 8) {
            float c = coefficients[m];
            if (c != 0.f) sum += c * basis[m * 3ll * V + coordinate];
        }
    parts[slice][x] = sum;
    int t = 96 * slice + x;
    if (t < 12 * J) bones[t] = rigid[t];
    __syncthreads();
    if (slice == 0) {
        float total = inside ? shaped[coordinate] : 0.f;
        for (int i = 0; i < 8; ++i) total += parts[i][x];
        rest[x] = total;
    }
    __syncthreads();
    if (slice != 0 || !inside) return;
    int row = x % 3;
    long long vertex = coordinate / 3;
    V3 p = at(rest, x / 3);
    float moved = 0.f;
    for (int j = 0; j < J; ++j) {
        const float* b = bones + 12 * j;
        moved += weights[vertex * J + j]
            * (b[3 * row] * p.x + b[3 * row + 1] * p.y + b[3 * row + 2] * p.z + b[9 + row]);
    }
    posed[coordinate] = moved;
}

__device__ inline Q quat_of(V3 a, V3 b, V3 c) {  // columns of a rotation
    float trace = a.x + b.y + c.z;
    float pivots[4] = {1.f + trace, 1.f + 2.f * a.x - trace, 1.f + 2.f * b.y - trace,
                       1.f + 2.f * c.z - trace};
    int best = 0;
    for (int i = 1; i < 4; ++i) if (pivots[i] > pivots[best]) best = i;
    Q q;
    if (best == 0) { q.w = pivots[0]; q.x = b.z - c.y; q.y = c.x - a.z; q.z = a.y - b.x; }
    else if (best == 1) { q.w = b.z - c.y; q.x = pivots[1]; q.y = a.y + b.x; q.z = c.x + a.z; }
    else if (best == 2) { q.w = c.x - a.z; q.x = a.y + b.x; q.y = pivots[2]; q.z = b.z + c.y; }
    else { q.w = a.y - b.x; q.x = c.x + a.z; q.y = b.z + c.y; q.z = pivots[3]; }
    q = unit(q);
    if (q.w < 0.f) { q.w = -q.w; q.x = -q.x; q.y = -q.y; q.z = -q.z; }
    return q;
}

__device__ inline float over_lanes(float x) {  // sum over 8 neighbouring threads
    for (int step = 4; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

// Eight threads per texture coordinate. Rings list faces; by [F, 4]: weights of the two edges in
// dP/du, one over the area at rest, area in the layout.
extern "C" __global__ void frames(
    const float* posed, const int* faces, const float* by, const int* vertex_of_uv,
    const int* around, const int* around_start, const int* around_uv, const int* around_uv_start,
    int U, float* quats)
{
    int u = (blockIdx.x * blockDim.x + threadIdx.x) / 8, lane = threadIdx.x % 8;
    bool inside = u < U;
    if (!inside) u = U - 1;  // its sums are needed by nobody, its thread is
    V3 normal = v3(0.f, 0.f, 0.f), rough = v3(0.f, 0.f, 0.f);
    int vertex = vertex_of_uv[u];
    for (int i = around_start[vertex] + lane; i < around_start[vertex + 1]; i += 8) {
        const int* f = faces + 3 * around[i];
        V3 a = at(posed, f[0]);
        normal = normal + cross(at(posed, f[1]) - a, at(posed, f[2]) - a);
    }
    for (int i = around_uv_start[u] + lane; i < around_uv_start[u + 1]; i += 8) {
        int face = around_uv[i];
        const int* f = faces + 3 * face;
        const float* w = by + 4 * face;
        V3 a = at(posed, f[0]);
        V3 along = (at(posed, f[1]) - a) * w[0] + (at(posed, f[2]) - a) * w[1];
        rough = rough + along * w[3];
    }
    normal = v3(over_lanes(normal.x), over_lanes(normal.y), over_lanes(normal.z));
    rough = v3(over_lanes(rough.x), over_lanes(rough.y), over_lanes(rough.z));
    if (!inside || lane != 0) return;
    normal = unit(normal);
    V3 tangent = rough - normal * dot(rough, normal);
    if (dot(tangent, tangent) < 1e-12f * fmaxf(dot(rough, rough), 1e-12f)) {
        float x = fabsf(normal.x), y = fabsf(normal.y), z = fabsf(normal.z);
        float least = fminf(x, fminf(y, z));
        V3 axis = v3(x == least ? 1.f : 0.f, y == least ? 1.f : 0.f, z == least ? 1.f : 0.f);
        tangent = axis - normal * dot(axis, normal);
    }
    tangent = unit(tangent);
    Q q = quat_of(tangent, cross(normal, tangent), normal);
    float* out = quats + 4 * u;
    out[0] = q.w; out[1] = q.x; out[2] = q.y; out[3] = q.z;
}

// One thread per splat. The first T have places in maps, the others are loose.
extern "C" __global__ void splats(
    const float* posed, const int* faces, const int* uv_faces, const float* by,
    const float* uv_quats, const int* face_of, const float* barycentrics,
    const float* rest_scales, const float* most, const float* squares, const float* turned,
    const float* offsets, const float* loose_offsets, int N, int T, float longest,
    float most_stretch, float* means, float* quats, float* scales)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= N) return;
    int face = face_of[i];
    const int* f = faces + 3 * face;
    const int* g = uv_faces + 3 * face;
    const float* w = by + 4 * face;
    V3 share = at(barycentrics, i);
    V3 a = at(posed, f[0]), b = at(posed, f[1]), c = at(posed, f[2]);
    V3 place = a * share.x + b * share.y + c * share.z;
    Q q, corner[3];
    for (int k = 0; k < 3; ++k) {
        const float* p = uv_quats + 4 * g[k];
        corner[k].w = p[0]; corner[k].x = p[1]; corner[k].y = p[2]; corner[k].z = p[3];
    }
    float parts[3] = {share.x, share.y, share.z};
    q.w = q.x = q.y = q.z = 0.f;
    for (int k = 0; k < 3; ++k) {
        float side = corner[0].w * corner[k].w + corner[0].x * corner[k].x
                     + corner[0].y * corner[k].y + corner[0].z * corner[k].z;
        float s = k > 0 && side < 0.f ? -parts[k] : parts[k];
        q.w += s * corner[k].w; q.x += s * corner[k].x;
        q.y += s * corner[k].y; q.z += s * corner[k].z;
    }
    q = unit(q);
    V3 size = at(rest_scales, i);
    if (i < T) {
        V3 first = b - a, second = c - a;
        V3 normal = cross(first, second), along = first * w[0] + second * w[1];
        float u = sqrtf(dot(along, along));
        V3 stretch = v3(u, sqrtf(dot(normal, normal)) * w[2] / fmaxf(u, 1e-3f), 1.f);
        if (squares) {
            const float* s = squares + 9 * i;
            V3 squared = v3(stretch.x * stretch.x, stretch.y * stretch.y, 1.f);
            stretch = v3(sqrtf(dot(at(s, 0), squared)), sqrtf(dot(at(s, 1), squared)),
                         sqrtf(dot(at(s, 2), squared)));
        }
        V3 cap = at(most, i);
        size = v3(fminf(size.x, cap.x), fminf(size.y, cap.y), fminf(size.z, cap.z));
        size.x *= fminf(stretch.x, fmaxf(longest / size.x, most_stretch));
        size.y *= fminf(stretch.y, fmaxf(longest / size.y, most_stretch));
        size.z *= fminf(stretch.z, fmaxf(longest / size.z, most_stretch));
        if (offsets) place = place + rotate(q, at(offsets, i));
    } else {
        place = place + rotate(q, at(loose_offsets, i - T));
    }
    if (turned) {
        Q r;
        r.w = turned[4 * i]; r.x = turned[4 * i + 1]; r.y = turned[4 * i + 2];
        r.z = turned[4 * i + 3];
        q = times(q, r);
    }
    means[3 * i] = place.x; means[3 * i + 1] = place.y; means[3 * i + 2] = place.z;
    quats[4 * i] = q.w; quats[4 * i + 1] = q.x; quats[4 * i + 2] = q.y; quats[4 * i + 3] = q.z;
    scales[3 * i] = size.x; scales[3 * i + 1] = size.y; scales[3 * i + 2] = size.z;
}
"""
