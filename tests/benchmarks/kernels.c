/* The value and the gradient of three functions at n points, by hand: what tests/benchmarks/kernel_speed.py compares kernels with.
 * Columns of n numbers, the inputs in x and the results in o. gcc calls the vector functions of libmvec. */
#include <math.h>
#include <stddef.h>

/* sin and cos in loops of their own: gcc would make one scalar call of both */
void survey(ptrdiff_t n, const double *restrict x, double *restrict o) {
  const double *x1 = x, *x2 = x + n;
  double *v = o, *g1 = o + n, *g2 = o + 2 * n;
  for (ptrdiff_t p = 0; p < n; p += 512) {
    ptrdiff_t e = p + 512 < n ? p + 512 : n;
    for (ptrdiff_t i = p; i < e; i++) { g2[i] = x1[i] - cos(x2[i]); g1[i] = 1.0 / x1[i] + x2[i]; }
    for (ptrdiff_t i = p; i < e; i++) v[i] = log(x1[i]) + x1[i] * x2[i] - sin(x2[i]);
  }
}

void black_scholes(ptrdiff_t n, const double *restrict x, double *restrict o) {
  const double *S = x, *K = x + n, *R = x + 2 * n, *G = x + 3 * n, *T = x + 4 * n;
  double *p = o, *gS = o + n, *gK = o + 2 * n, *gr = o + 3 * n, *gs = o + 4 * n, *gT = o + 5 * n;
  const double c = 0.7071067811865476, ip = 0.3989422804014327;
#pragma omp simd
  for (ptrdiff_t i = 0; i < n; i++) {
    double s = S[i], k = K[i], r = R[i], g = G[i], t = T[i];
    double rt = sqrt(t), sq = g * rt, isq = 1.0 / sq;
    double d1 = (log(s / k) + (r + 0.5 * g * g) * t) * isq, d2 = d1 - sq;
    double n1 = 0.5 * (1.0 + erf(c * d1)), n2 = 0.5 * (1.0 + erf(c * d2));
    double kd = k * exp(-r * t), ph = s * ip * exp(-0.5 * d1 * d1);
    p[i] = s * n1 - kd * n2;
    gS[i] = n1;
    gK[i] = -kd * n2 / k;
    gr[i] = t * kd * n2;
    gs[i] = ph * rt;
    gT[i] = 0.5 * ph * g / rt + r * kd * n2;
  }
}

#define H 10
static const double s8 = 2.8284271247461903, cp = 2.414213562373095, cm = -0.41421356237309515;
static double B[H], A[H][H];

__attribute__((constructor)) static void constants(void) {
  for (int i = 0; i < H; i++) {
    B[i] = round(1e4 * 0.1 * (i + 1) / H) / 1e4;
    for (int j = 0; j < H; j++) A[i][j] = round(1e6 / (i + j + 1)) / 1e6;
  }
}

#ifdef __AVX512F__
typedef double v8 __attribute__((vector_size(64), aligned(8)));
v8 _ZGVeN8v_log(v8);
#define LOG _ZGVeN8v_log
#define WIDE 8
#else
typedef double v8;
#define LOG log
#define WIDE 1
#endif

/* a vector of points in registers, all ten dimensions unrolled */
#define POINTS(V, LOG, START, STOP, STEP)                                                                        \
  for (ptrdiff_t p = START; p < STOP; p += STEP) {                                                               \
    V X[H], L[H], Y[H], bx = {0}, sx = {0}, q = {0}, s = {0};                                                     \
    _Pragma("GCC unroll 10") for (int i = 0; i < H; i++) {                                                       \
      X[i] = *(const V *)(x + i * n + p);                                                                        \
      bx += B[i] * X[i];                                                                                         \
      sx += X[i];                                                                                                \
    }                                                                                                            \
    V r0 = 1.0 - bx, i0 = 1.0 / r0;                                                                              \
    _Pragma("GCC unroll 10") for (int i = 0; i < H; i++) { L[i] = LOG(X[i] * i0); s += X[i] * L[i]; }            \
    V u = 1.0 + cp * bx, w = 1.0 + cm * bx, Lg = LOG(u / w), ib = 1.0 / bx, t = ib * (1.0 / s8);                 \
    _Pragma("GCC unroll 10") for (int i = 0; i < H; i++) {                                                       \
      V a = {0};                                                                                                 \
      _Pragma("GCC unroll 10") for (int j = 0; j < H; j++) a += A[i][j] * X[j];                                  \
      Y[i] = a;                                                                                                  \
      q += X[i] * a;                                                                                             \
    }                                                                                                            \
    V c1 = -2.0 * t * Lg, cb = q * t * (ib * Lg - (cp * w - cm * u) / (u * w)) + sx * i0;                        \
    *(V *)(o + p) = s - q * t * Lg;                                                                              \
    _Pragma("GCC unroll 10") for (int i = 0; i < H; i++) *(V *)(o + (i + 1) * n + p) = L[i] + 1.0 + c1 * Y[i] + B[i] * cb; \
  }

typedef double one;

void helmholtz(ptrdiff_t n, const double *restrict x, double *restrict o) {
  ptrdiff_t m = n - n % WIDE;
  POINTS(v8, LOG, 0, m, WIDE)
  POINTS(one, log, m, n, 1)
}
