using System;
using Punnet.Abi;
using Punnet.Host.Checkpoint;
using Punnet.Host.Resctrl;
using Punnet.Host.Systemd;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>What only some containers need: systemd, CRIU, resctrl.</summary>
internal static class ServiceTrials
{
    /// <summary>Tries them.</summary>
    public static void Run(Findings findings)
    {
        findings.Begin("services");
        findings.Ok("process 1", CallerTrials.Text("/proc/1/comm\0"u8) ?? "unknown");
        Systemd(findings);
        Bus(findings, "system bus", BusAddress.Path("/run/dbus/system_bus_socket", hasBroker: true), "the package dbus");
        string directory = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "/run/user/" + Sys.Geteuid().ToString();
        Bus(findings, "user bus", BusAddress.Path(directory + "/bus", hasBroker: true),
            "a login session (XDG_RUNTIME_DIR), or loginctl enable-linger, and the package dbus-user-session");
        Criu(findings);
        Resctrl(findings);
    }

    private static void Systemd(Findings findings)
    {
        try
        {
            using SystemdClient systemd = SystemdClient.Connect(remembered: null);
            findings.Ok("systemd", "version " + systemd.Version().ToString() + " at " + systemd.Address + ": --systemd-cgroup works");
        }
        catch (PunnetException refused)
        {
            findings.Missing("systemd", refused.Message, refused.Hint);
        }
    }

    private static void Bus(Findings findings, string name, BusAddress address, string remedy)
    {
        using BusConnection? bus = BusConnection.TryOpen(address, out Errno errno);
        findings.Tried(name, new TrialAnswer(bus is null ? (int)errno : 0), address.ToString(), remedy);
    }

    private static void Criu(Findings findings)
    {
        const string Remedy = "the package criu, 3.14 or newer: criu.org";
        if (CriuProcess.TryFind() is not string program)
        {
            findings.Missing("criu", "not in PATH: no checkpoint and restore", Remedy);
        }
        else if (Sys.Geteuid() != 0)
        {
            findings.Limited("criu", program + ": checkpoint and restore are for root", "run punnet as root");
        }
        else
        {
            string version = Try(program, "--version", out _).Replace("\n", ", ", StringComparison.Ordinal);
            string complaint = Try(program, "check", out bool isWhole);
            findings.Of(
                "criu", isWhole ? FindingLevel.Ok : FindingLevel.Limited,
                program + ", " + version + (isWhole ? "; criu check: it works on this kernel" : "; criu check: " + LastLine(complaint)),
                isWhole ? null : Remedy);
        }
    }

    private static string Try(string program, string argument, out bool isWhole)
    {
        try
        {
            string printed = HostProgram.Run(program, ["criu", argument]);
            isWhole = true;
            return printed.Trim();
        }
        catch (PunnetException failure)
        {
            isWhole = false;
            return failure.Message;
        }
    }

    private static string LastLine(string text) => text[(text.TrimEnd('\n').LastIndexOf('\n') + 1)..].Trim();

    private static void Resctrl(Findings findings)
    {
        try
        {
            findings.Ok("resctrl", "mounted at " + ResctrlMount.Find());
        }
        catch (PunnetException none)
        {
            findings.Missing("resctrl", none.Message, none.Hint);
        }
    }
}
