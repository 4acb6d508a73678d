export GOCACHE=/tmp/gocache GOPATH=/tmp/go GO111MODULE=off CGO_ENABLED=0
mkdir -p /tmp/p && cd /tmp/p && cat >main.go <<'GO'
package main
import ("fmt"; "io"; "net"; "net/http"; "os"; "runtime"; "sync"; "time")
func main() {
	ch := make(chan int); var wg sync.WaitGroup; sum := 0
	for i := 0; i < 100; i++ { wg.Add(1); go func(n int) { defer wg.Done(); ch <- n }(i) }
	go func() { wg.Wait(); close(ch) }()
	for n := range ch { sum += n }
	fmt.Println(sum, runtime.NumCPU() > 0)
	l, err := net.Listen("tcp", "127.0.0.1:0"); if err != nil { fmt.Println(err); os.Exit(1) }
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "asked", r.URL.Path) }))
	for _, p := range []string{"/x", "/y"} { r, err := http.Get("http://" + l.Addr().String() + p); if err != nil { fmt.Println(err); continue }; b, _ := io.ReadAll(r.Body); fmt.Print(string(b)) }
	select { case <-time.After(50 * time.Millisecond): fmt.Println("after") }
	i, _ := net.Interfaces(); fmt.Println(i[0].Name)
}
GO
go build -o p main.go && ./p
