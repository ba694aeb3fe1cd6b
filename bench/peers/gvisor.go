// gVisor's netstack as a server, on a TUN that exists: gvisor DEVICE ADDR MTU, then the ports as for serve.c:
// DISCARD PORTS CHARGEN ECHO HANGUP PORTS HALF.
//
// Built with Debian's packages: GO111MODULE=off GOPATH=/usr/share/gocode go build gvisor.go
package main

import (
	"net"
	"os"
	"strconv"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/link/tun"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func mustT(err tcpip.Error) {
	if err != nil {
		panic(err.String())
	}
}

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	must(err)
	return n
}

var zeros = make([]byte, 256<<10)

func discard(c net.Conn) {
	// Small until there is much to read, so that an idle connection is charged for itself only.
	b := make([]byte, 16)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if n == len(b) && len(b) < 64<<10 {
			b = make([]byte, 64<<10)
		}
	}
}

func chargen(c net.Conn) {
	for {
		if _, err := c.Write(zeros); err != nil {
			return
		}
	}
}

func echo(c net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
	}
}

func hangUp(c net.Conn) {}

func serve(s *stack.Stack, addr tcpip.Address, port int, service func(net.Conn)) {
	var wq waiter.Queue
	ep, e := s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	mustT(e)
	mustT(ep.Bind(tcpip.FullAddress{NIC: 1, Addr: addr, Port: uint16(port)}))
	mustT(ep.Listen(200000))
	l := gonet.NewTCPListener(s, &wq, ep)
	go func() {
		for {
			c, err := l.Accept()
			must(err)
			go func() {
				service(c)
				c.Close()
			}()
		}
	}()
}

func main() {
	addr := tcpip.Address(net.ParseIP(os.Args[2]).To4())
	fd, err := tun.Open(os.Args[1])
	must(err)
	ep, err := fdbased.New(&fdbased.Options{FDs: []int{fd}, MTU: uint32(number(3)), RXChecksumOffload: true})
	must(err)
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	sack := tcpip.TCPSACKEnabled(true)
	mustT(s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	mustT(s.CreateNIC(1, ep))
	mustT(s.AddProtocolAddress(1, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: addr, PrefixLen: 24},
	}, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	for i := 0; i < number(5); i++ {
		serve(s, addr, number(4)+i, discard)
	}
	serve(s, addr, number(6), chargen)
	serve(s, addr, number(7), echo)
	for i := 0; i < number(9); i++ {
		serve(s, addr, number(8)+i, hangUp)
	}
	serve(s, addr, number(10), discard)
	select {}
}
