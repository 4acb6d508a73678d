seq 1 50000 >in; dd if=in bs=1000 count=10 skip=5 status=none | md5sum; split -n 4 in part.; cat part.* | cmp - in && echo same
tac in | head -2; base64 in | base64 -d | cmp - in && echo same; rev <<<abc; tee x y <<<tee | cat - x y
sha1sum in | cut -c1-40; b2sum in | cut -c1-20; echo out; echo err >&2; exec 1>&-; echo lost 2>/dev/null; exit 9
