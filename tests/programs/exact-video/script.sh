cd /tmp
flags="-nostdin -hide_banner -loglevel error -threads 1 -bitexact"
# shellcheck disable=SC2086
ffmpeg $flags -f lavfi -i testsrc=size=96x64:rate=10:duration=1 -f lavfi -i sine=frequency=440:duration=1 -pix_fmt yuv420p \
    -flags +bitexact -fflags +bitexact -c:v mpeg4 -q:v 3 -c:a pcm_s16le -y clip.mkv
for format in "ffv1 mkv" "huffyuv avi" "mjpeg avi" "mpeg2video mkv" "libvpx webm"; do
    set -- $format
    # shellcheck disable=SC2086
    ffmpeg $flags -i clip.mkv -an -c:v "$1" -flags +bitexact -fflags +bitexact -sws_flags bitexact+accurate_rnd -y "out.$2" || echo "no $1"
    # shellcheck disable=SC2086
    echo "$1"; ffmpeg $flags -i "out.$2" -an -f framemd5 - | grep -v '^#' | cut -d, -f6 | head -4
done
# shellcheck disable=SC2086
for codec in flac wavpack pcm_alaw adpcm_ima_wav; do
    ffmpeg $flags -i clip.mkv -vn -c:a $codec -flags +bitexact -fflags +bitexact -f nut -y sound.nut && echo $codec && ffmpeg $flags -i sound.nut -f md5 -
done
