/* inotify: events of files and directories, watches, errors. */
#include "guest.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static int fd;

static void show(const char *when)
{
    static const struct { unsigned bit; const char *name; } names[] = {
        {IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"},
        {IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {IN_OPEN, "OPEN"},
        {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"}, {IN_CREATE, "CREATE"},
        {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
        {IN_IGNORED, "IGNORED"}, {IN_ISDIR, "ISDIR"}, {IN_UNMOUNT, "UNMOUNT"}, {IN_Q_OVERFLOW, "OVERFLOW"}};
    char b[8192];
    printf("-- %s\n", when);
    ssize_t n = read(fd, b, sizeof b);
    unsigned cookie = 0;
    for (char *p = b; p < b + n;) {
        struct inotify_event *e = (void *)p;
        printf("  watch %d:", e->wd);
        for (int i = 0; i < 16; i++)
            if (e->mask & names[i].bit)
                printf(" %s", names[i].name);
        if (e->len)
            printf(" %s (%d)", e->name, e->len);
        if (e->cookie)
            printf(e->cookie == cookie ? " same cookie" : " cookie");
        cookie = e->cookie;
        puts("");
        p += sizeof *e + e->len;
    }
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    chdir("/tmp");
    mkdir("dir", 0755);
    CALL(inotify_init1(12345));
    fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    SHOW(fcntl(fd, F_GETFL) & O_NONBLOCK ? 1 : 0);
    char b[100];
    CALL(read(fd, b, 100));
    CALL(inotify_add_watch(fd, "nothing", IN_ALL_EVENTS));
    CALL(inotify_add_watch(fd, "dir", 0));
    CALL(inotify_add_watch(0, "dir", IN_ALL_EVENTS));
    CALL(inotify_add_watch(99, "dir", IN_ALL_EVENTS));
    CALL(inotify_rm_watch(fd, 7));
    CALL(inotify_add_watch(fd, "dir", IN_ALL_EVENTS));
    CALL(inotify_add_watch(fd, "dir", IN_ALL_EVENTS));
    CALL(inotify_add_watch(fd, "dir", IN_ALL_EVENTS | IN_MASK_CREATE));

    int f = open("dir/file", O_CREAT | O_RDWR, 0644);
    write(f, "hello", 5);
    struct pollfd p = {fd, POLLIN};
    CALL(poll(&p, 1, 1000));
    int count = 0;
    CALL(ioctl(fd, FIONREAD, &count));
    SHOW(count);
    CALL(read(fd, b, 20));
    pread(f, b, 5, 0);
    ftruncate(f, 1);
    fchmod(f, 0600);
    close(f);
    show("created, written, read, truncated, closed");
    close(open("dir/file", O_RDONLY));
    show("opened to read");
    rename("dir/file", "dir/other name");
    show("renamed");
    rename("dir/other name", "outside");
    rename("outside", "dir/inside");
    show("moved out and in");
    mkdir("dir/sub", 0755);
    symlink("x", "dir/link");
    link("dir/inside", "dir/second");
    mkfifo("dir/fifo", 0600);
    show("directory, link, name, FIFO");
    rmdir("dir/sub");
    unlink("dir/link");
    unlink("dir/second");
    unlink("dir/fifo");
    show("removed");
    CALL(inotify_add_watch(fd, "dir/inside", IN_ALL_EVENTS));
    f = open("dir/inside", O_WRONLY | O_APPEND);
    write(f, "x", 1);
    show("two watches");
    unlink("dir/inside");
    show("unlinked while open");
    close(f);
    show("closed");

    close(open("dir/victim", O_CREAT | O_WRONLY, 0644));
    close(open("dir/new", O_CREAT | O_WRONLY, 0644));
    inotify_rm_watch(fd, 1);
    show("removed the watch");
    CALL(inotify_add_watch(fd, "dir/victim", IN_ALL_EVENTS));
    CALL(inotify_add_watch(fd, "dir/new", IN_MOVE_SELF));
    rename("dir/new", "dir/victim");
    show("replaced");
    CALL(inotify_add_watch(fd, "dir", IN_CREATE | IN_ONESHOT | IN_ONLYDIR));
    CALL(inotify_add_watch(fd, "dir/victim", IN_MODIFY | IN_ONLYDIR));
    close(open("dir/a", O_CREAT | O_WRONLY, 0644));
    close(open("dir/b", O_CREAT | O_WRONLY, 0644));
    show("once");
    CALL(inotify_add_watch(fd, "dir", IN_DELETE_SELF | IN_MOVE_SELF));
    unlink("dir/a");
    unlink("dir/b");
    unlink("dir/victim");
    rename("dir", "moved");
    rmdir("moved");
    show("the directory itself");
    CALL(inotify_add_watch(fd, "/tmp", IN_CREATE | IN_DELETE));
    CHILD("another process", close(open("/tmp/from child", O_CREAT | O_WRONLY, 0644)); unlink("/tmp/from child"));
    show("by a child");

    /* Two names change places: two renames. */
    mkdir("one", 0755), mkdir("two", 0755), mkdir("two/folder", 0755);
    close(open("one/file", O_CREAT | O_WRONLY, 0644));
    close(open("one/third", O_CREAT | O_WRONLY, 0644));
    CALL(inotify_add_watch(fd, "one", IN_ALL_EVENTS & ~IN_OPEN));
    CALL(inotify_add_watch(fd, "two", IN_ALL_EVENTS & ~IN_OPEN));
    CALL(inotify_add_watch(fd, "one/file", IN_MOVE_SELF | IN_ATTRIB | IN_DELETE_SELF));
    CALL(inotify_add_watch(fd, "two/folder", IN_MOVE_SELF | IN_ATTRIB | IN_DELETE_SELF));
    CALL(syscall(SYS_renameat2, AT_FDCWD, "one/file", AT_FDCWD, "two/folder", 2 /* RENAME_EXCHANGE */));
    show("changed places");
    CALL(syscall(SYS_renameat2, AT_FDCWD, "one/file", AT_FDCWD, "one/third", 2));
    show("in one directory");
    return 0;
}
