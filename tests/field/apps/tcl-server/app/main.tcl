set base [file dirname [file normalize [info script]]]
proc answer {channel} {
    global base
    gets $channel line
    while {[gets $channel header] > 0 && [string trim $header] ne ""} {}
    set name [string range [lindex $line 1] 1 end]
    if {$name eq ""} { set name index }
    if {[catch {source $base/pages/$name.tcl} body]} {
        puts $channel "HTTP/1.0 500 Error\r\n\r\n$body"
    } else {
        puts $channel "HTTP/1.0 200 OK\r\n\r\n$body"
    }
    close $channel
}
proc accept {channel address port} {
    fconfigure $channel -translation binary -buffering line
    fileevent $channel readable [list answer $channel]
}
socket -server accept 8080
vwait forever
