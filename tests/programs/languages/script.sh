perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die; $p = $l->sockport;
if (!fork) { $s = IO::Socket::INET->new("127.0.0.1:$p"); print $s "from the child\n"; exit 7 } print $l->accept->getline; wait; print $? >> 8, "\n"'
ruby -rsocket -e 's = TCPServer.new("127.0.0.1", 0); t = Thread.new { s.accept.puts "ruby" }; puts TCPSocket.new("127.0.0.1", s.addr[1]).gets; t.join
puts 10.times.map { |n| Thread.new { n * n } }.sum(&:value); puts `echo shell`; p Process.clock_gettime(Process::CLOCK_MONOTONIC) > 0'
php -r '$s = stream_socket_server("tcp://127.0.0.1:0"); $c = stream_socket_client("tcp://" . stream_socket_get_name($s, false)); $a = stream_socket_accept($s); fwrite($a, "php\n"); echo fgets($c), array_sum(range(1, 100)), PHP_EOL;'
lua5.4 -e 'local c = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(c(), c(), c(), 7 // 2, io.popen("echo pipe"):read())'
