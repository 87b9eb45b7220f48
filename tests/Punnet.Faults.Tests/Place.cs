using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Threading;

namespace Punnet.Faults.Tests;

/// <summary>
/// Where the cases of one scenario run, one after the other: a directory, and a cgroup that holds every process of a case, so that what is
/// left of it can be seen and killed.
/// </summary>
internal sealed class Place : IDisposable
{
    private static readonly string unified = FindUnified();
    private static int s_count;

    private readonly string _name;
    private int _cgroupCount;
    private int _holder;
    private Socket? _console;

    /// <summary>Makes it.</summary>
    public Place()
    {
        _name = $"punnet-faults-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Top = "/tmp/" + _name;
        foreach (string directory in (string[])[Top, Shared, StateRoot, Top + "/work"])
        {
            _ = Directory.CreateDirectory(directory, (UnixFileMode)0x1FF);
            File.SetUnixFileMode(directory, (UnixFileMode)(directory == Shared ? 0x1FF : 0x1ED));
        }

        RenewCgroup();
    }

    public static string Punnet { get; } = FindPunnet();

    public string Top { get; }

    public string Shared => Top + "/shared";

    public string StateRoot => Top + "/state";

    public string Console => Top + "/console";

    /// <summary>What the last command wrote.</summary>
    public string Stdout => File.ReadAllText(Top + "/work/stdout");

    /// <summary>What the last command wrote.</summary>
    public string Stderr => File.ReadAllText(Top + "/work/stderr");

    /// <summary>Path of the containers' cgroups below the hierarchy's root, as in linux.cgroupsPath.</summary>
    public string CgroupPath { get; private set; } = "";

    private string Cgroup => unified + CgroupPath;

    private string HolderCgroup => $"{unified}/{_name}-holder";

    /// <summary>The words of a launcher: in the place's cgroup, its output in files.</summary>
    public string[] Launch(bool isStopped, params IReadOnlyList<string> words)
    {
        string script = "echo $$ >$1/host/cgroup.procs; cd $2; umask 022; exec </dev/null >stdout 2>stderr; shift 2; "
            + (isStopped ? "kill -STOP $$; exec \"$@\"" : "exec \"$@\"");
        return ["/bin/sh", "-c", script, "sh", Cgroup, Top + "/work", .. words];
    }

    /// <summary>punnet on this place's state.</summary>
    public string[] Words(params IReadOnlyList<string> words) => [Punnet, "--root", StateRoot, .. words];

    /// <summary>Runs a command to its end.</summary>
    /// <returns>Its exit status, 128 + signal; -1 when it had to be killed.</returns>
    public int Run(params IReadOnlyList<string> words)
    {
        using Watchdog watchdog = new(this);
        int pid = Native.Spawn(Launch(isStopped: false, words));
        _ = Native.waitpid(pid, out int status, Native.AllKinds | Native.OwnThread);
        return watchdog.HasBitten ? -1 : new Traced(status, false, false, []).ExitStatus;
    }

    /// <summary>Runs a command that has to succeed.</summary>
    public string MustRun(params IReadOnlyList<string> words)
    {
        int status = Run(words);
        return status == 0 ? Stdout : throw new InvalidOperationException($"{string.Join(' ', words)}: status {status}: {Stderr}");
    }

    /// <summary>What state says of a container; empty where there is none.</summary>
    public string Status(string id) => Run(Words("state", id)) == 0 ? (string)JsonNode.Parse(Stdout)!["status"]! : "";

    /// <summary>Polls until state says so.</summary>
    public void WaitForStatus(string id, string status)
    {
        for (int round = 0; Status(id) != status; round++)
        {
            Thread.Sleep(round < 4000 ? 5 : throw new InvalidOperationException($"{id} is {Status(id)}, not {status}"));
        }
    }

    /// <summary>Text of a file that a process of the place writes; empty when they have all ended without it.</summary>
    public string WaitForFile(string path)
    {
        for (int round = 0; round < 4000; round++)
        {
            bool isLast = Pids().Count == 0;
            if (File.Exists(path))
            {
                return File.ReadAllText(path);
            }

            if (isLast)
            {
                break;
            }

            Thread.Sleep(2);
        }

        return "";
    }

    /// <summary>Text of a file in the cgroup of a container.</summary>
    public string ReadCgroup(string id, string file) => File.ReadAllText($"{Cgroup}/{id}/{file}");

    /// <summary>The controller whose limit is updated.</summary>
    public static bool HasHugetlb { get; } =
        File.ReadAllText(unified + "/cgroup.controllers").Contains("hugetlb", StringComparison.Ordinal);

    /// <summary>A socket that takes terminals.</summary>
    public void Listen()
    {
        _console = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _console.Bind(new UnixDomainSocketEndPoint(Console));
        _console.Listen(100);
    }

    /// <summary>A process in namespaces of its own, which a pod's containers join; beside the place's cgroup, so no case ends it.</summary>
    public int Holder()
    {
        if (_holder == 0)
        {
            _ = Directory.CreateDirectory(HolderCgroup);
            string script = "echo $$ >$1/cgroup.procs; exec </dev/null >/dev/null 2>&1 "
                + "unshare --pid --net --ipc --fork --kill-child sleep 100000";
            int parent = Native.Spawn("/bin/sh", "-c", script, "sh", HolderCgroup);
            string child = "", kind = $"/proc/{parent}/task/{parent}/children";
            while (child.Length == 0 || CommandLine(int.Parse(child)) != "sleep 100000 ")
            {
                Thread.Sleep(5);
                child = File.ReadAllText(kind).Trim();
            }

            _holder = int.Parse(child);
        }

        return _holder;
    }

    /// <summary>Hangs up every terminal that was sent.</summary>
    public void Drain()
    {
        while (_console is not null && _console.Poll(0, SelectMode.SelectRead))
        {
            _console.Accept().Dispose();
        }
    }

    /// <summary>What is there of containers: processes, cgroups, mounts, state, keys. Processes get time to die.</summary>
    public List<string> Leftovers()
    {
        for (int round = 0; round < 2000 && Pids().Count > 0; round++)
        {
            Thread.Sleep(5);
        }

        List<string> left = [.. Pids().Select(static pid => $"process {pid} {CommandLine(pid)}")];
        left.AddRange(Directory.GetDirectories(Cgroup, "*", SearchOption.AllDirectories)
            .Where(directory => directory != Cgroup + "/host").Select(static directory => "cgroup " + directory));
        left.AddRange(Mounts().Select(static mount => "mount " + mount));
        left.AddRange(Directory.GetFileSystemEntries(StateRoot, "*").Select(static path => "state " + path));
        left.AddRange(Directory.GetFileSystemEntries(Top + "/work")
            .Where(static path => Path.GetFileName(path) is not ("stdout" or "stderr")).Select(static path => "file " + path));
        return left;
    }

    /// <summary>
    /// Removes what a command was asked for: the layer, the pid file, and from one that was killed also what it began them as.
    /// </summary>
    public void EmptyWork(bool wasKilled)
    {
        foreach (string path in Directory.GetFileSystemEntries(Top + "/work"))
        {
            string name = Path.GetFileName(path);
            bool isBegun = name == ".pid" || name.StartsWith(".punnet-commit.", StringComparison.Ordinal);
            if (name is not ("layer" or "pid") && !(wasKilled && isBegun))
            {
                continue;
            }

            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>After a case that has left something: by force, so that the next one begins with nothing.</summary>
    public void Clean()
    {
        KillAll();
        _ = Leftovers();
        foreach (string mount in Mounts())
        {
            _ = Run("/bin/umount", "-l", mount);
        }

        foreach (string path in (string[])[StateRoot, Top + "/work"])
        {
            Directory.Delete(path, recursive: true);
            _ = Directory.CreateDirectory(path);
        }

        RemoveCgroup();
        RenewCgroup();
    }

    /// <summary>Kills every process of the place.</summary>
    public void KillAll() => Pids().ForEach(static pid => Native.Send(pid, Native.Kill));

    /// <inheritdoc/>
    public void Dispose()
    {
        _console?.Dispose();
        Clean();
        RemoveCgroup();
        if (_holder != 0)
        {
            File.WriteAllText(HolderCgroup + "/cgroup.kill", "1");
            SpinWait.SpinUntil(() => File.ReadAllText(HolderCgroup + "/cgroup.procs").Length == 0);
            Directory.Delete(HolderCgroup);
        }

        Directory.Delete(Top, recursive: true);
    }

    private List<string> Mounts() => [.. File.ReadLines("/proc/self/mountinfo").Select(static line => line.Split(' ')[4])
        .Where(mount => mount.StartsWith(Top + "/", StringComparison.Ordinal)).Reverse()];

    private List<int> Pids()
    {
        List<int> found = [];
        foreach (string directory in (string[])[Cgroup, .. Directory.GetDirectories(Cgroup, "*", SearchOption.AllDirectories)])
        {
            try
            {
                found.AddRange(File.ReadLines(directory + "/cgroup.procs").Select(int.Parse));
            }
            catch (IOException)
            {
                // Removed in between; ENODEV is one too.
            }
        }

        return found;
    }

    private void RenewCgroup()
    {
        CgroupPath = $"/{_name}-{++_cgroupCount}";
        _ = Directory.CreateDirectory(Cgroup + "/host");
    }

    private void RemoveCgroup()
    {
        string[] below = Directory.GetDirectories(Cgroup, "*", SearchOption.AllDirectories);
        foreach (string directory in below.OrderByDescending(static path => path.Length))
        {
            Directory.Delete(directory);
        }

        Directory.Delete(Cgroup);
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "(gone)";
        }
    }

    private static string FindUnified() =>
        File.ReadLines("/proc/self/mountinfo").Select(static line => line.Split(' ')).Last(static words => words.Contains("cgroup2"))[4];

    private static string FindPunnet()
    {
        if (Environment.GetEnvironmentVariable("PUNNET") is { Length: > 0 } named)
        {
            return Path.GetFullPath(named);
        }

        string top = AppContext.BaseDirectory;
        while (!File.Exists(top + "/out/punnet"))
        {
            top = Path.GetDirectoryName(top) ?? throw new InvalidOperationException("no runtime to test: publish out/punnet or set PUNNET");
        }

        return top + "/out/punnet";
    }
}
