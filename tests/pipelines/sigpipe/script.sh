yes | head -c 100M | wc -c
yes | head -n 1; echo "${PIPESTATUS[@]}"
