/* Loop devices: a file as a block device, ext2 in a file, and the errors. */
#include "guest.h"
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

enum { BLOCK = 1024, BLOCKS = 512, INODES = 64 };
static unsigned char image[BLOCKS * BLOCK];

static void put16(int at, unsigned v) { image[at] = v, image[at + 1] = v >> 8; }
static void put32(int at, unsigned v) { put16(at, v), put16(at + 2, v >> 16); }

static int entry(int at, unsigned ino, int len, const char *name)
{
    put32(at, ino), put16(at + 4, len), image[at + 6] = strlen(name);
    memcpy(image + at + 8, name, strlen(name));
    return at + len;
}

/* One group: superblock 1, descriptor 2, bitmaps 3 and 4, inodes 5 to 12, root 13, lost+found 14. */
static void make(void)
{
    memset(image, 0, sizeof image);
    int s = BLOCK, used = 15;
    put32(s, INODES), put32(s + 4, BLOCKS), put32(s + 12, BLOCKS - used), put32(s + 16, INODES - 11);
    put32(s + 20, 1), put32(s + 32, 8192), put32(s + 36, 8192), put32(s + 40, INODES);
    put16(s + 54, 0xffff), put16(s + 56, 0xef53), put16(s + 58, 1), put16(s + 60, 1);
    put32(s + 76, 1), put32(s + 84, 11), put16(s + 88, 128);
    int g = 2 * BLOCK;
    put32(g, 3), put32(g + 4, 4), put32(g + 8, 5);
    put16(g + 12, BLOCKS - used), put16(g + 14, INODES - 11), put16(g + 16, 2);
    for (int i = 0; i < 8192; i++)
        if (i < used - 1 || i >= BLOCKS - 1)
            image[3 * BLOCK + i / 8] |= 1 << i % 8;
    for (int i = 0; i < 8192; i++)
        if (i < 11 || i >= INODES)
            image[4 * BLOCK + i / 8] |= 1 << i % 8;
    for (int d = 0; d < 2; d++) {
        int i = 5 * BLOCK + (d ? 10 : 1) * 128;
        put16(i, 040755), put32(i + 4, BLOCK), put16(i + 26, d ? 2 : 3), put32(i + 28, 2), put32(i + 40, 13 + d);
    }
    int at = entry(13 * BLOCK, 2, 12, ".");
    at = entry(at, 2, 12, "..");
    entry(at, 11, BLOCK - 24, "lost+found");
    entry(entry(14 * BLOCK, 11, 12, "."), 2, BLOCK - 12, "..");
}

static int store(const char *path, long size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(fd, image, size);
    return fd;
}

static char dev[32];

static int take(int flags)
{
    int ctl = open("/dev/loop-control", O_RDWR);
    int n = ioctl(ctl, LOOP_CTL_GET_FREE);
    close(ctl);
    sprintf(dev, "/dev/loop%d", n);
    mknod(dev, S_IFBLK | 0660, makedev(7, n));
    return open(dev, flags);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    char b[4096];
    struct loop_info64 info;
    uint64_t wide = 0;
    unsigned long word = 0;
    int number = -1;
    mkdir("/tmp/m", 0755);

    /* No file yet. */
    int l = take(O_RDWR);
    CALL(ioctl(l, LOOP_GET_STATUS64, &info));
    CALL(ioctl(l, LOOP_CLR_FD, 0));
    CALL(ioctl(l, LOOP_SET_CAPACITY, 0));
    CALL(ioctl(l, LOOP_SET_FD, 999));
    CALL(ioctl(l, LOOP_SET_FD, 0));
    CALL(ioctl(l, BLKGETSIZE64, &wide));
    SHOW(wide);
    CALL(read(l, b, 10));
    CALL(write(l, b, 10));
    CALL(mount(dev, "/tmp/m", "ext2", 0, ""));

    /* A file. */
    make();
    int f = store("/tmp/img", sizeof image);
    CALL(ioctl(f, LOOP_GET_STATUS64, &info));
    CALL(ioctl(f, BLKGETSIZE64, &wide));
    CALL(ioctl(l, LOOP_SET_FD, f));
    CALL(ioctl(l, LOOP_SET_FD, f));
    CALL(ioctl(l, LOOP_GET_STATUS64, 8));
    CALL(ioctl(l, LOOP_GET_STATUS64, &info));
    SHOW(info.lo_flags);
    SHOW(info.lo_offset + info.lo_sizelimit + info.lo_encrypt_type);
    struct stat st;
    fstat(f, &st);
    SHOW(info.lo_inode == st.st_ino);
    CALL(ioctl(l, BLKGETSIZE64, &wide));
    SHOW(wide);
    CALL(ioctl(l, BLKGETSIZE, &word));
    SHOW(word);
    CALL(ioctl(l, BLKSSZGET, &number));
    SHOW(number);
    CALL(ioctl(l, BLKROGET, &number));
    SHOW(number);
    fstat(l, &st);
    SHOW(S_ISBLK(st.st_mode) && st.st_size == 0);
    CALL(lseek(l, 0, SEEK_END));
    CALL(read(l, b, 10));
    CALL(write(l, b, 10));
    CALL(pread(l, b, 4096, 1024));
    SHOW(!memcmp(b, image + 1024, 3072));
    CALL(pwrite(l, "written", 7, 400 * BLOCK));
    CALL(fsync(l));
    CALL(pread(f, b, 7, 400 * BLOCK));
    SHOW(!memcmp(b, "written", 7));
    CALL(pread(l, b, 4096, sizeof image - 100));
    CALL(ftruncate(l, 0));

    /* Mounted. */
    CALL(mount(dev, "/tmp/m", "ext2", 0, "nonsense"));
    CALL(mount(dev, "/tmp/none", "ext2", 0, ""));
    CALL(mount("/tmp/none", "/tmp/m", "ext2", 0, ""));
    CALL(mount("/tmp/img", "/tmp/m", "ext2", 0, ""));
    CALL(mount(dev, "/tmp/img", "ext2", 0, ""));
    CALL(mount(dev, "/tmp/m", "ext2", 0, ""));
    struct statfs fs;
    CALL(statfs("/tmp/m", &fs));
    SHOW(fs.f_type == 0xef53 && fs.f_blocks > 400 && fs.f_files == INODES);
    stat("/tmp/m", &st);
    SHOW(major(st.st_dev));
    int x = open("/tmp/m/x", O_RDWR | O_CREAT, 0644);
    CALL(write(x, "through the file", 16));
    CALL(umount("/tmp/m"));
    close(x);
    CALL(mkdir("/tmp/m/dir", 0755));
    info.lo_flags |= LO_FLAGS_AUTOCLEAR;
    CALL(ioctl(l, LOOP_SET_STATUS64, &info));
    CALL(ioctl(l, LOOP_GET_STATUS64, &info));
    SHOW(info.lo_flags);
    close(l);
    CALL(umount("/tmp/m"));
    CALL(umount("/tmp/m"));
    SHOW(memmem((pread(f, image, sizeof image, 0), image), sizeof image, "through the file", 16) != 0);

    /* Read-only, in one call, from an offset. */
    l = take(O_RDWR);
    f = open("/tmp/img", O_RDONLY);
    struct loop_config config = {.fd = f, .block_size = 7};
    CALL(ioctl(l, LOOP_CONFIGURE, 8));
    CALL(ioctl(l, LOOP_CONFIGURE, &config));
    config.block_size = 0, config.info.lo_flags = 0x1000;
    CALL(ioctl(l, LOOP_CONFIGURE, &config));
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    strcpy((char *)config.info.lo_file_name, "name");
    CALL(ioctl(l, LOOP_CONFIGURE, &config));
    CALL(ioctl(l, LOOP_GET_STATUS64, &info));
    SHOW(info.lo_flags);
    puts((char *)info.lo_file_name);
    CALL(ioctl(l, BLKROGET, &number));
    SHOW(number);
    CALL(write(l, b, 10));
    CALL(mount(dev, "/tmp/m", "ext2", 0, ""));
    CALL(mount(dev, "/tmp/m", "ext2", MS_RDONLY, ""));
    x = open("/tmp/m/x", O_RDONLY);
    CALL(read(x, b, 100));
    SHOW(!memcmp(b, "through the file", 16));
    close(x);
    CALL(open("/tmp/m/y", O_RDWR | O_CREAT, 0644));
    CALL(unlink("/tmp/m/x"));
    CALL(umount("/tmp/m"));
    CALL(ioctl(l, LOOP_CLR_FD, 0));
    close(l);
    close(f);
    l = take(O_RDWR);
    f = open("/tmp/img", O_RDWR);
    struct loop_config part = {.fd = f, .info = {.lo_offset = 1024, .lo_sizelimit = 2048, .lo_flags = LO_FLAGS_AUTOCLEAR}};
    CALL(ioctl(l, LOOP_CONFIGURE, &part));
    CALL(ioctl(l, BLKGETSIZE64, &wide));
    SHOW(wide);
    CALL(pread(l, b, 2, 56));
    SHOW((unsigned char)b[0] == 0x53 && (unsigned char)b[1] == 0xef);
    CALL(pread(l, b, 4096, 1024));
    CALL(mount(dev, "/tmp/m", "ext2", 0, ""));
    close(l);

    /* Damaged. */
    make();
    put16(BLOCK + 56, 1);
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            make(), put32(BLOCK + 4, 100000);
        if (round == 2)
            make(), put32(2 * BLOCK + 8, 999999);
        l = take(O_RDWR);
        struct loop_config bad = {.fd = store("/tmp/bad", sizeof image), .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
        CALL(ioctl(l, LOOP_CONFIGURE, &bad));
        close(bad.fd);
        CALL(mount(dev, "/tmp/m", "ext2", 0, ""));
        close(l);
    }
    return 0;
}
