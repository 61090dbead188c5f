// Newton's method for a root of x*k - cos(x), with a derivative that diffcli wrote: see the makefile.
#include <stdio.h>

double spring(double x, double k, double gradient[2]);

int main(void) {
    double x = 1.0, gradient[2];
    for (int step = 0; step < 5; ++step) {
        const double value = spring(x, 2.0, gradient);
        printf("x = %.12f, f = % .3e\n", x, value);
        x -= value/gradient[0];
    }
    return 0;
}
