using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>One bundle, one id, one state root, and the verbs on them.</summary>
internal sealed class Container
{
    private readonly string stdout;
    private readonly string stderr;
    private string? cgroup;
    private string[] globals = [];

    /// <summary>Makes the bundle; nothing runs yet.</summary>
    public Container(string? stateRoot = null)
    {
        Id = Workplace.UniqueName();
        Directory = Path.Combine(Workplace.Top, Id);
        Bundle = new Bundle(Directory + "/bundle");
        StateRoot = stateRoot ?? Directory + "/state";
        PidFile = Directory + "/pid";
        stdout = Directory + "/stdout";
        stderr = Directory + "/stderr";
    }

    /// <summary>The container's id, unique on this machine.</summary>
    public string Id { get; }

    /// <summary>Who calls the runtime; null is root.</summary>
    public OrdinaryUser? User { get; set; }

    /// <summary>Everything of this container lies below.</summary>
    public string Directory { get; }

    /// <summary>Its bundle.</summary>
    public Bundle Bundle { get; }

    /// <summary>What --root names.</summary>
    public string StateRoot { get; }

    /// <summary>What --pid-file names.</summary>
    public string PidFile { get; }

    /// <summary>What the container and the runtime's create or run wrote to stdout.</summary>
    public string Output => ReadShared(stdout);

    /// <summary>What the container and the runtime's create or run wrote to stderr.</summary>
    public string Errors => ReadShared(stderr);

    /// <summary>status of <see cref="State"/>.</summary>
    public string Status => State().Status;

    /// <summary>pid of <see cref="State"/>.</summary>
    public int Pid => State().Pid;

    /// <summary>Host path of the container's cgroup, as the kernel said when there was a process in it.</summary>
    public string Cgroup => cgroup ?? throw new InvalidOperationException("no process of the container was seen yet");

    /// <summary>Lets the container run a program.</summary>
    public Container Runs(params string[] arguments)
    {
        Bundle.SetList("process.args", arguments);
        return this;
    }

    /// <summary>Lets the container run sh text.</summary>
    public Container RunsScript(string script)
    {
        return Runs("/bin/sh", "-c", script);
    }

    /// <summary>Options before the verbs create and run, as engines give them to no other.</summary>
    public Container Globally(params string[] options)
    {
        globals = options;
        return this;
    }

    /// <summary>Lets the container wait to be killed.</summary>
    public Container Sleeps()
    {
        return Runs("sleep", "1000");
    }

    /// <summary>A call of the runtime on this state root.</summary>
    public Command Command(params IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> all = ["--root", StateRoot, .. arguments];
        return Watch(User is null ? Runtime.Command(all) : User.Command(all));
    }

    /// <summary>Runs the runtime on this state root.</summary>
    public Outcome Call(params IReadOnlyList<string> arguments)
    {
        return Command(arguments).Run();
    }

    /// <summary>
    /// create with the bundle, the pid file and stdio to <see cref="Output"/> and <see cref="Errors"/>; config.json is written first.
    /// </summary>
    public Command CreateCommand(params IReadOnlyList<string> flags)
    {
        return StartingCommand("create", flags);
    }

    /// <summary>The same for run.</summary>
    public Command RunCommand(params IReadOnlyList<string> flags)
    {
        return StartingCommand("run", flags);
    }

    /// <summary>create, successful or not.</summary>
    public Outcome TryCreate(params IReadOnlyList<string> flags)
    {
        return CreateCommand(flags).Run();
    }

    /// <summary>create.</summary>
    public Container Create(params IReadOnlyList<string> flags)
    {
        TryCreate(flags).Succeeds();
        Notice();
        return this;
    }

    /// <summary>run in the foreground, to its end.</summary>
    public Outcome Run(params IReadOnlyList<string> flags)
    {
        return RunCommand(flags).Run();
    }

    /// <summary>start.</summary>
    public Container Start()
    {
        Call("start", Id).Succeeds();
        return this;
    }

    /// <summary>create and start.</summary>
    public Container CreateAndStart(params IReadOnlyList<string> flags)
    {
        return Create(flags).Start();
    }

    /// <summary>The whole life in the foreground; its output, which ends with status 0.</summary>
    public string RunToEnd(params IReadOnlyList<string> flags)
    {
        return Run(flags).Succeeds().Stdout;
    }

    /// <summary>kill, without waiting for the death.</summary>
    public Outcome Kill(string signal)
    {
        return Call("kill", Id, signal);
    }

    /// <summary>kill and wait until it is stopped.</summary>
    public Container Stop()
    {
        Kill("KILL").Succeeds();
        return WaitFor("stopped");
    }

    /// <summary>delete.</summary>
    public Outcome Delete(params IReadOnlyList<string> flags)
    {
        return Call(["delete", .. flags, Id]);
    }

    /// <summary>exec of a command, in the foreground.</summary>
    public Outcome Exec(params IReadOnlyList<string> arguments)
    {
        return Call(["exec", Id, .. arguments]);
    }

    /// <summary>exec of a command with flags, in the foreground.</summary>
    public Outcome ExecWith(IReadOnlyList<string> flags, params IReadOnlyList<string> arguments)
    {
        return Call(["exec", .. flags, Id, .. arguments]);
    }

    /// <summary>What state prints.</summary>
    public PrintedState State()
    {
        return Printed.State(Call("state", Id).Succeeds().Stdout);
    }

    /// <summary>Waits for a status.</summary>
    public Container WaitFor(string status)
    {
        Eventually.True(() => Status == status, $"{Id} is {status}");
        return this;
    }

    /// <summary>Waits until the output holds a text.</summary>
    public string WaitForOutput(string text)
    {
        Eventually.True(
            () => Output.Contains(text, StringComparison.Ordinal), $"output has '{text}', output is '{Output}', errors are '{Errors}'");
        return Output;
    }

    /// <summary>Host path of a file as the container's process sees it.</summary>
    public string Inside(string path)
    {
        return $"/proc/{Pid}/root{path}";
    }

    /// <summary>stat of a file as the container's process sees it; a link that is the last part is not followed.</summary>
    public Stat StatInside(string path)
    {
        Assert.True(Syscall.lstat(Inside(path), out Stat status) == 0, $"{path}: {Stdlib.GetLastError()}");
        return status;
    }

    /// <summary>Asserts that neither a process, a mount, a cgroup nor a state directory of this id exists.</summary>
    public void AssertNothingLeft()
    {
        Assert.Empty(Leftovers());
    }

    /// <summary>delete --force, then by force whatever is still there; returns what that was.</summary>
    public List<string> CleanUp()
    {
        if (System.IO.Directory.Exists(Path.Combine(StateRoot, Id)))
        {
            _ = Delete("--force");
        }

        List<string> left = Leftovers();
        foreach (int pid in ProcFile.Mentioning(Id))
        {
            _ = Syscall.kill(pid, Signum.SIGKILL);
        }

        Eventually.True(() => ProcFile.Mentioning(Id).Count == 0, Id + "'s processes are dead");
        foreach (string mount in MountInfo.Below(Directory))
        {
            _ = new Command("umount", ["-l", mount]).Run();
        }

        foreach (string directory in CgroupTree.Named(Id))
        {
            Eventually.True(() => Syscall.rmdir(directory) == 0, "rmdir " + directory);
        }

        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
        catch (Exception odd) when (odd is IOException or ArgumentException)
        {
            // Names that are no UTF-8, and trees that are deeper than a path is long, are nothing for .NET.
            _ = new Command("rm", ["-rf", "--", Directory]).Run().Succeeds();
        }

        return left;
    }

    private List<string> Leftovers()
    {
        List<string> left = [];
        // A killed process needs a moment until it is a zombie.
        for (int round = 0; round < 100 && ProcFile.Mentioning(Id).Count > 0; round++)
        {
            System.Threading.Thread.Sleep(10);
        }

        foreach (int pid in ProcFile.Mentioning(Id))
        {
            left.Add($"process {pid} {string.Join(' ', ProcFile.CommandLine(pid))}");
        }

        left.AddRange(MountInfo.Below(Directory).ConvertAll(static mount => "mount " + mount));
        List<string> cgroups = CgroupTree.Named(Id);
        left.AddRange(cgroups.ConvertAll(static directory => "cgroup " + directory));
        if (cgroup is not null && !cgroups.Contains(cgroup) && System.IO.Directory.Exists(cgroup))
        {
            left.Add("cgroup " + cgroup);
        }

        left.AddRange(Systemd.Units(Id).ConvertAll(static unit => "unit " + unit));
        string state = Path.Combine(StateRoot, Id);
        if (System.IO.Directory.Exists(state))
        {
            left.Add("state " + state);
        }

        return left;
    }

    private Command StartingCommand(string verb, IReadOnlyList<string> flags)
    {
        Bundle.Write();
        IReadOnlyList<string> all = ["--root", StateRoot, .. globals, verb, "--bundle", Bundle.Path, "--pid-file", PidFile, .. flags, Id];
        return Watch(User is null
            ? new Command(Runtime.Path, all) { Stdout = stdout, Stderr = stderr } : User.Command(all, stdout, stderr));
    }

    private Command Watch(Command command)
    {
        command.Watched = Id;
        return command;
    }

    // The cgroup's name is the runtime's choice: only the kernel says where it is.
    private void Notice()
    {
        int pid = int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);
        string directory = CgroupTree.DirectoryOf(pid);
        cgroup = User is null || directory.Contains(Id, StringComparison.Ordinal) ? directory : null;
    }

    private static string ReadShared(string path)
    {
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }
}
