mkdir -p /tmp/j && cd /tmp/j && cat >Main.java <<'J'
import java.io.*;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.stream.*;

public class Main {
    interface Shape { double area(); }
    record Circle(double r) implements Shape { public double area() { return Math.PI * r * r; } }
    record Square(double s) implements Shape { public double area() { return s * s; } }
    static int counter;
    static synchronized void count() { counter++; }
    static int deep(int n) { return n == 0 ? 0 : deep(n - 1) + 1; }
    static int endless(int n) { return endless(n + 1) + 1; }

    public static void main(String[] args) throws Exception {
        Thread[] threads = new Thread[6];
        for (int i = 0; i < threads.length; i++) { threads[i] = new Thread(() -> { for (int j = 0; j < 2000; j++) count(); }); threads[i].start(); }
        for (Thread t : threads) t.join();
        System.out.println(counter);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> parts = new ArrayList<>();
        for (int i = 0; i < 8; i++) { final int from = i * 1000; parts.add(pool.submit(() -> LongStream.range(from, from + 1000).map(n -> n * n).sum())); }
        long total = 0; for (Future<Long> part : parts) total += part.get();
        System.out.println(total);
        BlockingQueue<Integer> queue = new ArrayBlockingQueue<>(3); AtomicLong taken = new AtomicLong(); CountDownLatch done = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) pool.submit(() -> { for (int n; (n = queue.take()) >= 0;) taken.addAndGet(n); done.countDown(); return 0; });
        for (int i = 0; i < 300; i++) queue.put(i); queue.put(-1); queue.put(-1); done.await();
        System.out.println(taken);
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            pool.submit(() -> { try (Socket s = server.accept()) { s.getOutputStream().write((new BufferedReader(new InputStreamReader(s.getInputStream())).readLine() + " back\n").getBytes()); } return 0; });
            try (Socket s = new Socket(server.getInetAddress(), server.getLocalPort())) { s.getOutputStream().write("sent\n".getBytes()); System.out.println(new BufferedReader(new InputStreamReader(s.getInputStream())).readLine()); }
        }
        pool.shutdown(); System.out.println(pool.awaitTermination(20, TimeUnit.SECONDS));
        Shape[] shapes = new Shape[300]; for (int i = 0; i < shapes.length; i++) shapes[i] = i % 3 == 0 ? new Circle(i) : new Square(i);
        double sum = 0; for (int round = 0; round < 100; round++) for (Shape s : shapes) sum += s.area();
        System.out.printf("%.4f%n", sum);
        StringBuilder text = new StringBuilder(); for (int i = 0; i < 20000; i++) text.append(i % 10); System.out.println(text.toString().hashCode());
        TreeMap<Integer, String> lengths = Stream.of("one", "two", "three", "four").collect(Collectors.groupingBy(String::length, TreeMap::new, Collectors.joining("+"))); System.out.println(lengths);
        try { Object o = null; o.toString(); } catch (NullPointerException e) { System.out.println("null pointer"); }
        try { System.out.println(1 / (counter - 12000)); } catch (ArithmeticException e) { System.out.println(e.getMessage()); }
        System.out.println(deep(2000)); try { endless(0); } catch (StackOverflowError e) { System.out.println("stack overflow"); }
        List<byte[]> garbage = new ArrayList<>(); for (int i = 0; i < 2000; i++) { garbage.add(new byte[20000]); if (garbage.size() > 50) garbage.remove(0); } System.out.println(garbage.size());
        Process p = new ProcessBuilder("sh", "-c", "echo from a child; exit 3").start(); System.out.println(new String(p.getInputStream().readAllBytes()).trim() + " " + p.waitFor());
        System.out.println(new java.math.BigInteger("3").pow(500).mod(java.math.BigInteger.valueOf(1000000007)));
        CompletableFuture<String> f = CompletableFuture.supplyAsync(() -> "later").thenApply(String::toUpperCase); System.out.println(f.get(10, TimeUnit.SECONDS));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("ends"))); System.exit(5);
    }
}
J
javac Main.java && ls | sort | tr '\n' ' '; echo
java -Xmx64m Main; echo "status $?"
