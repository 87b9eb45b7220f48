using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// A program that cannot be executed: which of the causes of one error number it was, as create, start, run and exec tell it.
/// </summary>
public sealed class ProgramCauseTests : ContainerTest
{
    /// <summary>What the program's file holds, and the words for it.</summary>
    public static TheoryData<string, string, string> Files => new()
    {
        { "#!/usr/bin/python3 -u\n",
            "the interpreter /usr/bin/python3 that /x names in its first line is not in the container: exec /x: no such file or directory "
            + "(ENOENT)\n", "" },
        { "#! \t/missing\n",
            "the interpreter /missing that /x names in its first line is not in the container: exec /x: no such file or directory", "" },
        { "#!/bin/sh\r\necho\r\n", "the interpreter /bin/sh\\r that /x names", "hint: the first line ends in CR LF" },
        { "#!/etc\n", "the interpreter /etc that /x names in its first line cannot be executed: exec /x: permission denied", "" },
        { "#!/etc/passwd\n", "the interpreter /etc/passwd that /x names in its first line cannot be executed: exec /x: permission denied",
            "" },
        { "#!/chain\n",
            "the interpreter /nowhere that an interpreter of /x names is not in the container: exec /x: no such file or directory", "" },
        { "#!/x\n", "exec /x: too many levels of symbolic links", "hint: it is a script, and its interpreter is one too" },
        { "", "exec /x: exec format error (ENOEXEC)\n", "hint: the file is empty\n" },
        { "echo\n", "exec /x: exec format error", "hint: it is neither an ELF file, nor has it a first line with #!" },
        { "#!\n", "exec /x: exec format error", "hint: it is neither an ELF file" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void The_error_for_a_file_that_is_not_a_program_names_its_contents(string text, string words, string hint)
    {
        Container container = NewContainer().Runs("/x");
        container.Bundle.WriteScript("/x", text);
        container.Bundle.WriteScript("/chain", "#!/nowhere\n");
        container.Run().Fails("punnet: run: ", words, hint);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Start_and_exec_name_a_missing_interpreter_too()
    {
        Container container = NewContainer().Runs("/x").Also("#!/missing/sh\n");
        container.Create();
        container.Call("start",
            container.Id).Fails("the interpreter /missing/sh that /x names in its first line is not in the container: exec /x: "
                + "no such file or directory");

        Container running = NewContainer().Sleeps().Also("#!/missing/sh\n").CreateAndStart();
        running.Exec("/x").FailsWith(
            255, "the interpreter /missing/sh that /x names in its first line is not in the container: exec /x: no such file or directory");
    }

    [Fact]
    public void A_missing_loader_is_named()
    {
        Container container = NewContainer().Runs("/x");
        File.Copy("/bin/ls", container.Bundle.Rootfs + "/x");
        container.Run().Fails("/ld-linux", " that /x names in its ELF header is not in the container: exec /x: no such file or directory",
            "hint: a program needs the loader");
    }

    [Theory]
    [InlineData(243, 0, "RISC-V")]
    [InlineData(22, 1, "S/390")]
    [InlineData(77, 0, "another machine, ELF number 77")]
    public void A_program_for_another_machine_is_told_so(byte machine, int isBig, string name)
    {
        Container container = NewContainer().Runs("/x");
        byte[] bytes = File.ReadAllBytes(Workplace.Busybox);
        bytes[5] = (byte)(1 + isBig);
        (bytes[18], bytes[19]) = isBig == 0 ? (machine, (byte)0) : ((byte)0, machine);
        container.Bundle.WriteScript("/x", "");
        File.WriteAllBytes(container.Bundle.Rootfs + "/x", bytes);
        container.Run().Fails("exec format error", $"hint: the program is for {name}, and this kernel does not run it");
    }

    [Theory]
    [InlineData("{\"destination\":\"/m\",\"type\":\"bind\",\"source\":\"/bin\",\"options\":[\"bind\",\"noexec\"]}", "/m/cat",
        "the mount that /m/cat is on has noexec")]
    [InlineData(null, "/etc/passwd", "/etc/passwd has no execute permission (chmod +x)")]
    [InlineData(null, "/mine", "/mine has execute permission, but not for user 1000 and its groups")]
    [InlineData(null, "/closed/a/b", "the directory /closed cannot be searched by user 1000")]
    public void Permission_denied_has_its_cause(string? mount, string program, string hint)
    {
        Container container = NewContainer().Runs(program);
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        container.Bundle.WriteScript("/mine", "#!/bin/sh\n");
        File.SetUnixFileMode(container.Bundle.Rootfs + "/mine", (UnixFileMode)0x1C0);
        _ = Directory.CreateDirectory(container.Bundle.Rootfs + "/closed/a");
        File.SetUnixFileMode(container.Bundle.Rootfs + "/closed", (UnixFileMode)0x1C0);
        container.Bundle.WriteScript("/closed/a/b", "#!/bin/sh\n");
        if (mount is not null)
        {
            container.Bundle.Add("mounts", mount);
        }

        container.Run().Fails($"exec: \"{program}\": permission denied (EACCES) (process.args[0])\nhint: {hint}\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_file_that_is_being_written_is_told_so()
    {
        Container container = NewContainer().Runs("/x");
        File.Copy(Workplace.Busybox, container.Bundle.Rootfs + "/x");
        using FileStream writer = new(container.Bundle.Rootfs + "/x", FileMode.Open, FileAccess.ReadWrite);
        container.Run().Fails("exec /x: text file busy", "hint: a process has the file open for writing");
    }

    [Theory]
    [InlineData(1, 200000, "process.args[1] has 200000 bytes, and one string may have 131071")]
    [InlineData(100, 100000, "args and env have ")]
    public void Too_many_arguments_are_told_from_one_that_is_too_long(int count, int length, string hint)
    {
        string[] args = new string[count + 1];
        System.Array.Fill(args, new string('x', length));
        args[0] = "true";
        NewContainer().Runs(args).Run().Fails("argument list too long", "hint: " + hint);
    }

    [Fact]
    public void What_cannot_be_read_or_never_ends_is_not_waited_for()
    {
        Container container = NewContainer().Runs("/x");
        container.Bundle.WriteScript("/x", "#!/fifo\n");
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(container.Bundle.Rootfs + "/fifo", (Mono.Unix.Native.FilePermissions)0x1FF));
        container.Run().Fails("the interpreter /fifo that /x names in its first line cannot be executed: exec /x: permission denied");
    }

    [Theory]
    [InlineData("#!/missing\n", "no such file or directory", "hint: the file is there, but not the interpreter")]
    [InlineData("echo\n", "exec format error", "hint: the program is for another machine, or is a script without a #! line")]
    [InlineData(null, "no such file or directory", "hint: the directory ")]
    public void A_hook_that_cannot_be_run_has_its_cause(string? text, string words, string hint)
    {
        Container container = NewContainer().Runs("true");
        string hook = container.Directory + (text is null ? "/none/hook" : "/hook");
        if (text is not null)
        {
            File.WriteAllText(hook, text);
            File.SetUnixFileMode(hook, (UnixFileMode)0x1ED);
        }

        container.Bundle.Set("hooks", $$"""{"createRuntime":[{"path":"{{hook}}"}]}""");
        container.Run().Fails("createRuntime hook #0 cannot be run: " + hook + ": " + words, hint);
        container.AssertNothingLeft();
    }
}

file static class Programs
{
    public static Container Also(this Container container, string text)
    {
        container.Bundle.WriteScript("/x", text);
        return container;
    }
}
