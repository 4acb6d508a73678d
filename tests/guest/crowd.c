/* Two hundred threads at once. */
#include "guest.h"
#include <pthread.h>
#include <sys/syscall.h>

#define CROWD 200

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int here, go, sum;
static __thread int own;

static void *one(void *arg)
{
    own = (int)(intptr_t)arg;
    pthread_mutex_lock(&mutex);
    here++;
    pthread_cond_broadcast(&changed);
    while (!go)
        pthread_cond_wait(&changed, &mutex);
    sum += own;
    pthread_mutex_unlock(&mutex);
    return (void *)(intptr_t)(own * 2);
}

int main(void)
{
    static pthread_t threads[CROWD];
    char text[4096];
    int failed = 0, right = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < CROWD; i++)
        failed += pthread_create(&threads[i], &small, one, (void *)(intptr_t)i) != 0;
    SHOW(failed);
    pthread_mutex_lock(&mutex);
    while (here < CROWD)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    FILE *f = fopen("/proc/self/status", "r");
    while (fgets(text, sizeof text, f))
        if (!strncmp(text, "Threads:", 8))
            printf("%s", text);
    fclose(f);
    pthread_mutex_lock(&mutex);
    go = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < CROWD; i++) {
        void *result = 0;
        right += pthread_join(threads[i], &result) == 0 && (intptr_t)result == i * 2;
    }
    SHOW(right);
    SHOW(sum);
    return 0;
}
